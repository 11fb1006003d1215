package effects

// buildRows are compilers and what runs them. Those that follow a file of the author's may do
// anything.
func buildRows() []program {
	const runs = "does what a file of the build says"
	return []program{
		{Names: "make gmake cmake ctest cpack ninja meson scons waf qmake autoconf automake autoreconf aclocal autoheader libtoolize ant rake xbuild gyp node-gyp emmake emcmake configure autogen.sh bootstrap.sh bootstrap config Configure build.sh make.bash b2 bjam ct-ng golangci-lint goreleaser protoc-gen-go",
			Source: "make(1) 4.3 and the manuals of the others", Plain: true, Runs: runs},
		{Names: "bazel bazelisk buck msbuild", Deals: dealsDaemon, Source: "their manuals: bazel 6, buck 2022 and msbuild 17 leave a server", Plain: true, Runs: runs},
		{Names: "gradle gradlew gradlew.bat mvnd sbt", Deals: dealsDaemon, Anywhere: true, Source: "gradle 8 user manual, sbt 1.9 reference: they leave a server", Plain: true, Runs: runs, Fetches: "*"},
		{Names: "mvn mvnw lein", Anywhere: true, Source: "mvn(1) 3.8", Plain: true, Runs: runs, Fetches: "*"},
		{Names: "install.sh setup.sh setup.py run.sh entrypoint.sh init.sh download.sh version.sh miniconda.sh mambaforge.sh miniforge3.sh go-compile.sh", Source: "names of scripts that an author brings", Plain: true, Runs: "is a script of the author's"},
		{Names: "gcc g++ cc c++ clang clang++ cpp as ld gfortran c99 tcc", Source: "gcc(1) 12, clang(1) 14, tcc(1) 0.9", Unless: "COMPILER_PATH GCC_EXEC_PREFIX DEPENDENCIES_OUTPUT SUNPRO_DEPENDENCIES", Plain: true, Then: compilers},
		{Names: "strip objcopy ranlib chrpath patchelf", Sees: seesNamed, Source: "strip(1), binutils 2.40", Plain: true, Then: stripped},
		{Names: "ldd pkg-config", Source: "ldd(1), glibc 2.36: it may run the program; pkg-config(1) 1.8", Plain: true, Runs: "may run what it looks at"},
		{Names: "xx-go xx-verify xx-info xx-clang xx-cargo ccache distcc", Source: "github.com/tonistiigi/xx 1.6, ccache(1) 4.8", Plain: true, Runs: "runs compilers and their plugins"},
		{Names: "sccache", Deals: dealsDaemon, Source: "sccache 0.5: it leaves a server", Plain: true, Runs: "runs compilers and their plugins"},
		{Names: "java javac", Source: "java(1) 17", Plain: true, Runs: "runs a program that is not in the Dockerfile"},
		{Names: "keytool", Source: "keytool(1) 17", Plain: true, Then: keytools, Does: "clock random"},
		{Names: "upx", Sees: seesNamed, Source: "upx(1) 4.0", Options: "-1 -2 -3 -4 -5 -6 -7 -8 -9 -d -l -t -q|--quiet -v -f|--force -o=write --best --brute --ultra-brute --lzma --no-lzma --no-color --no-progress --exact --overlay=text -k! --backup!", Operands: "edit..."},
	}
}
