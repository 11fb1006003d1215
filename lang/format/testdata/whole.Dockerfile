# syntax = docker/dockerfile:1  
#escape=\
ARG  BASE=alpine:3.20
# the build
FROM   --platform=$BUILDPLATFORM   golang:1.26   as  build
  workdir   /src


Copy  go.mod   go.sum   ./
RUN --mount=type=cache,target=/root/.cache \
  --mount=type=cache,target=/go/pkg/mod \
        go mod download   
ENV   CGO_ENABLED=0 \   
# the tags of the build
  TAGS="netgo   osusergo"\
   A='x \
  y'   \

  B=2
RUN go build \
  # with these
      -tags "$TAGS" \
      -o /bin/app   ./...  
    # done
FROM ${BASE}
COPY   --from=build \
 /bin/app    /bin/
COPY <<EOF   <<-'B'   /etc/
  a   
EOF
	b
	B
LABEL   org.opencontainers.image.title="a  b"   l2=x
HEALTHCHECK   --interval=5s   cmd   [ "a" ,"b"   ]
onbuild   run   x   
ENTRYPOINT [ \
"/bin/app" \
,  "-v", \
# verbose
 "x \
y" \
]
CMD ["/bin/app" , "a" ]  


