if ![ -f x ]; then ls; fi

if [-f x ]; then ls; fi

!true

[[-f x ]] && ls

[[ -f x ]] && ls

! [ -f x ] && ls

echo `ls` "`ls`" `` "a `echo b` c"

true && false || ls

true && false || echo x

true && false || exit 1

if true && false || ls; then :; fi

true && x=1 || x=2; echo "$x"

while true && false || ls; do ls; done

ls && true && ls || ls

! ls && ls || ls

(true && false) || ls

true && { ls || ls; }

echo '$x' '`ls`' '$(ls)' 'a$' '$ x' '$1' '$%'

awk '{print $1}' x

mawk '{print $1}' x

perl -e 'print $x' y

perl5 -e 'print $x' y

sed 's/$x/y/' z

sed '$d' z

sed -e '/x/$p' -e 's/a$(x)/b/' z

find . -exec sh -c 'echo $1' \;

find . -exec echo '$x' \;

find . -name '$x'

git filter-branch 'x $y'

git log '$y'

PS1='$x '

FOO='$x'; export FOO

export PS1='$x'

export FOO='$x'

trap 'rm $x' EXIT

sh -c 'echo $x'

ssh h 'echo $x'

su x -c 'echo $x'

sudo echo '$x'

env bash -c 'echo $x'

eval 'echo $x'

alias x='echo $1'

jq '$x' y

echo "a" '$x' > f

printf '%s $x\n' y

cat <<'X' > f
$foo `ls`
X

cat <<X > f
$foo $(ls $foo)
X

echo "\n" "\\n" '\t' \n "\$x" "\x" "a\\b" '\0' "\u1234"

echo -e "\n"

echo -n "\n"

echo -en "\n"

/bin/echo "\n"

rm *

rm -- *

rm -f x *.y ?z [a]

echo *

printf '%s' *

ls *x

ls "*" '*'

tar cf x.tar *

for f in *; do ls "$f"; done

cp -r $x/* y

rm $(ls)

rm "$(ls)"

x=$(ls)

export x=$(ls)

local x=$(ls)

foo() { local x=$(ls); echo "$x"; }; foo

foo() { local -r x=$(ls); echo "$x"; }; foo

readonly x="$(ls)"; echo "$x"

declare -x x=`ls`

export x="a $(ls) b" y=$(ls)

export x=${y:-$(ls)}

export "x=$(ls)"

$(ls) foo

$(ls)

$(which ls)/x foo

for i in $(seq 3); do echo "$i"; done

echo $(seq 3)

kill $(pgrep x)

[ $(ls) = x ]

[[ $(ls) = x ]]

case $(ls) in x) ;; esac

ls > $(date)

ls > $x

ls < $x

ls <<< $x

ls <<< $(ls)

echo $((1 + $(ls)))

echo a$(ls)b

test -f $(ls)

"$x" $y

$x foo

$x/$y foo

echo $x "$x" ${x} ${#x} ${x:-y} ${x+y} ${x:+"a b"} ${x:-$y} $$ $? $# $! $- $_ $0 $1 ${10} $@ "$@" $* "$*"

x=1; echo $x

x="a b"; echo $x

x=*; echo $x

x=; echo $x

x=""; echo $x

x=a; x=$x/b; echo $x

x=a; x="$x b"; echo $x

x=a; x+=b; echo $x

x=a; x+=" b"; echo $x

x=$y; echo $x

x=$((1+2)); echo $x

x=a; if ls; then x=b; fi; echo $x

x=a; if ls; then x="b c"; fi; echo $x

x=a; if ls; then x="b c"; else x=d; fi; echo $x

if ls; then x=b; else x=c; fi; echo $x

if ls; then x=b; elif ls; then x=c; else x=d; fi; echo $x

if ls; then x=b; elif ls; then x=c; fi; echo $x

if ls; then x=b; else exit 1; fi; echo $x

if ls; then x=b; else x="a b"; exit 1; fi; echo $x

case $y in a) x=1;; b) x=2;; esac; echo $x

case $y in a) x=1;; b) x=2;; *) exit 1;; esac; echo $x

case $y in a) x=1;; *) x=2;; esac; echo $x

for x in a b c; do echo $x; done

for x in a "b c"; do echo $x; done

for x in a $y; do echo $x; done

for x in *.c; do echo $x; done

for x in *; do echo $x; done; echo $x

for x; do echo $x; done

for x in a b; do y=$x; done; echo $y

y=a; for x in a b; do y="$y $x"; done; echo $y

y=a; for x in a b; do y="$y$x"; done; echo $y

while read -r x; do echo $x; done

y=a; while ls; do echo $y; y="b c"; done

x=a; (x="b c"); echo $x

x=a; { x="b c"; }; echo $x

(x=a; echo $x); echo $x

x=a; ls | x="b c"; echo $x

x="a b"; unset x; echo $x

x=a && echo $x

ls && x=a && echo $x

ls && x=a; echo $x

ls || x=a; echo $x

x=a ls; echo $x

x=a echo $x

foo() { x=a; }; foo; echo $x

foo() { echo $x; }; x=a; foo

foo() { echo $x; }; x="a b"; foo

foo() { echo $1; }; foo a

echo ${x%.*} ${x##*/}

x=a; echo ${x%.*}

x=a.b; y=${x%.*}; echo $y

: ${x:=a}; echo $x

: "${x:=a}"; echo $x

read -r x; echo $x

x=~/foo; echo $x

x='a'"b"; echo $x

x=a\ b; echo $x

printf -v x y; echo $x

x=1; : $((x++)); echo $x

export x=a; echo $x

export x; echo $x

declare -i x; x=$y; echo $x

x=$(ls); echo $x

x=$(echo a); echo $x

let x=1; echo $x

cmd "$a"_"$b" "$a"foo"$b" "a"foo"b" "a"="b" "a":"b" "a"/"b" "a"$x"b" "a"$(ls)"b" "a b"c"$d" "a"foo 'a'foo 'a'foo'b' 'a'=

echo "foo"bar"baz" "a"b

x="a"b"c"; echo "$x"

set -- $x

set -e; cd foo; ls

cd foo; ls

cd foo && ls

cd foo || exit

cd foo

cd ..; ls

cd /; ls

cd; ls

cd ../..; ls

cd "$x"; ls

pushd x; popd

pushd -n x

if cd foo; then ls; fi

(cd foo; ls)

(cd foo && ls)

ls && cd foo

ls && cd foo; ls

! cd foo

set -o errexit; cd foo

set -eu; cd foo

cd foo | ls

time cd foo

rm -rf $x/* "$x/"* "${x}/bin" ${x:?}/* $x/foo $x/lib/ $x$y/etc / /usr /usr/local/* /opt $x $x/ "$x"/*/* $(ls)/bin /var/lib/{apt,dpkg}

rm -r -f "$x/usr"

rm $x/*

rm --recursive $x/*

sudo rm -rf $x/*

rm -rf /

rm -rf /*

rm -rf "${x%/}/"*

cat x | grep y

cat x y | grep y

cat "$x" | grep y

cat $x | grep y

cat -n x | grep y

cat *.x | grep y

cat < x | grep y

cat x | grep y | cat

ls | cat x | grep y

cat x 2>/dev/null | grep y

sudo cat x | grep y

cat $(ls) | grep y

cat "$(ls)" | ls

cat x{a,b} | ls

ls | grep x

ls -l | grep x

ls x | xargs rm

ls | wc -l

ls -N | wc

ls | sort | head

ls

ls | while read -r x; do echo "$x"; done

/bin/ls | grep x

ps aux | grep x

ps -p 3 | grep x

ps -C x | grep x

grep x y | wc -l

grep x y | wc

grep -o x y | wc -l

grep -r x y | wc -l

grep x y | wc -c

find . | xargs rm

find . -print0 | xargs -0 rm

find . | xargs -0 rm

find . -print0 | xargs rm

find . -name x | grep y | xargs rm

find . -exec ls {} \; | xargs rm

find . | sudo xargs rm

find . | xargs -r rm

echo $(ls)

echo "$(ls)"

echo `ls`

echo a $(ls)

echo $(ls) b

echo -n $(ls)

echo "$(ls; ls)"

echo "$(ls | grep x)"

x=$(echo a); echo "$x"

x=$(echo $y); echo "$x"

x=$(echo -e a); echo "$x"

x=$(echo *); echo "$x"

x=$(echo {a,b}); echo "$x"

x=$(echo a | sed s/a/b/); echo "$x"

x=$(echo); echo "$x"

foo $(echo $y)

foo `echo $y`

x=$(echo "$y" > z); echo "$x"

expr 1 + 2

x=$(expr "$y" + 1); echo "$x"

expr "$x" : "a"

expr length x

expr 1 \< 2

read x

read -r x

read

read -p a x

read -rp a x

while read x; do ls; done

read -n1 x

mkdir -pm 700 a/b

mkdir -p -m 700 a

mkdir -p -m 700 a/b

mkdir -m 700 -p "$x"

mkdir -m 700 a/b

mkdir --parents --mode=700 a/b

mkdir -p -m 0755 ../a

install -d -m 700 a/b

printf "$x"

printf "$x" a

printf "a $x\n"

printf "%s $x\n" a

printf '%s' "$x"

printf -- "$x"

printf -v y "$x"

printf a

printf

printf $x

printf "$(ls)"

echo $((  $x + ${y} + z + $1 + ${#x} + ${x:-1} + $? + $(ls) ))

((x = $y + 1))

echo $(( $x ))

let "x = $y"

a=($x) b=("$x" $y) c=($(ls)) d=(`ls`) e=($@) f=(*) g=("${a[@]}") h=(${a[@]})

a=(${x:+"$y"} ${#x} $$)

for i in ((i=0;i<3;i++)); do ls; done

for f in $(ls); do echo "$f"; done

for f in `ls *.x`; do echo "$f"; done

for f in $(find . -name x); do echo "$f"; done

for f in $(cat x); do echo "$f"; done

for f in $(cat x | sort); do echo "$f"; done

for f in $(grep x y | cut -d: -f1); do echo "$f"; done

for f in $(ls | head); do echo "$f"; done

for f in $(cat x | head); do echo "$f"; done

for f in $x/*.y; do echo "$f"; done

for f in "$x"/*.y; do echo "$f"; done

for f in $x; do echo "$f"; done

for f in $@; do echo "$f"; done

for f in "$@" x; do echo "$f"; done

for f in ${a[@]}; do echo "$f"; done

foo $@ ${a[@]} "${a[@]}" x$@ ${@:2} ${a[*]} $*

x=$@; echo "$x"

[ $@ = x ]

[ -e *.x ]

[ -f x* ] && ls

[[ -e *.x ]]

[ -d "$x"/* ]

[ x = y ]

[ "$x" = y ]

[ x -eq 1 ]

[[ x -eq 1 ]]

[[ x == x* ]]

[[ "x" != "y" ]]

[ "x" == y ]

[ 1 -lt 2 ]

[ x \< y ]

[[ x < y ]]

[ ~ = x ]

[[ $x == $y ]]

[[ $x = "$y" ]]

[[ $x != $y ]]

[[ $x == $y* ]]

[[ $x == ${y} ]]

[ "$x" = $y ]

[ "$x" = *.y ]

[[ $x == *.y ]]

[[ $x =~ "a.b" ]]

[[ $x =~ "ab" ]]

[[ $x =~ 'a*' ]]

[[ $x =~ a.b ]]

[[ $x =~ "$y" ]]

[[ $x =~ ^"a.b" ]]

[ "$x" -a "$y" ]

[ "$x" = 1 -a "$y" = 2 ] && ls

[ "$x" = 1 -o "$y" = 2 ] || ls

[ -f x -a ! -f y ]

[ -f x -o -f y -o -f z ]

test -f x -a -f y

[[ -f x && -f y ]]

[ \( -f x -o -f y \) -a -f z ]

ls; if [ $? -eq 0 ]; then ls; fi

ls; [ $? -ne 0 ] && ls

ls; [ "$?" != 0 ] && ls

ls; [[ $? == 0 ]] && ls

ls; [ $? -eq 1 ] && ls

ls; [ $? = 0 -a -f x ] && ls

ls; if (( $? != 0 )); then ls; fi

ls; [ 0 -eq $? ]

ls; [ $? -gt 0 ]

ls; x=$?; [ $x -eq 0 ]

ls; test $? -eq 0

[ ! -z "$x" ]

[ ! -n "$x" ]

[ ! -f "$x" ]

[[ ! -z $x ]]

[ ! -z $x ]

! [ -z "$x" ]

if ! [ -n "$x" ]; then ls; fi

! [[ -z $x ]]

! [ -f x ]

[ ! "$x" = y ]

[ ! -z "$x" -a -f y ]

test ! -z "$x"

echo a >> f; echo b >> f; echo c >> f

echo a >> f
echo b >> f
echo c >> f
echo d >> f

echo a >> f; echo b >> f

echo a >> f; echo b >> f; ls; echo c >> f

echo a > f; echo b >> f; echo c >> f; echo d >> f

echo a >> f && echo b >> f && echo c >> f

{ echo a >> f; echo b >> f; echo c >> f; }

if ls; then echo a >> f; echo b | cat >> f; echo c >> "f"; echo d >> f; fi

echo a >> "$f"; echo b >> "$f"; echo c >> "$f"

echo "$foo" "$FOO" "$fooBar" "${foo2:-x}" "${foo3?}" "${foo4+x}" "${foo5%x}" "$foo"

foo=1; echo "$foo"

foo=1

FOO=1

foo=1; bar=2; echo "$foo"

export FOO=1

export foo

foo=1; export foo

_foo=1

for i in 1 2 3; do ls; done

read -r foo bar; echo "$foo"

foo=1; foo=2

foo=1 bar

foo=$foo:x

IFS=:

PATH=/x

LANG=C

DEBIAN_FRONTEND=noninteractive

foo() { bar=1; }; foo

foo=1; sh -c 'echo $foo'

foo=1; echo $((foo + 1))

foo=1; unset foo

foo+=1

foo=(1 2)

declare foo=1

declare -x foo=1

readonly foo=1

local foo=1

foo() { local x; x=1; }; foo

echo "$((foo + bar))"

[ -n "$foo" ] && ls

: "${foo:=bar}"

: "${foo:=bar}"; echo "$foo"

. /etc/os-release; echo "$foo"

eval "foo=1"; echo "$foo"

getopts a foo; echo "$foo"

echo "${foo[0]}" "${#foo}" "${!foo}"

foo=1; echo "${!foo}"

cat <<X
$foo
X

tr a-z A-Z

tr [a-z] [A-Z]

tr [:lower:] [:upper:]

ls [:alpha:]*

ls [abc] [aab] [a-z] [!aa] [^aa] "[aa]" foo[standard] x[[:alpha:]] [[aa]]

x=[aa]; echo "$x"

echo [aa] > [bb]

case x in [aa]) ;; esac

[[ x == [aa] ]]

unset foo[aa]

pip install "x[aa]" y[aa,bb]==1 z\[aa\]

ln -s x

ln -s x y

ln -st x y

ln x

ln --target-directory=x y

ln -s "$x"

ln

egrep x y

fgrep x y

/bin/egrep x y

ls | egrep x

cat <(ls) > >(cat)

echo $'a\n' $"b" "a$" "$'a'"

for ((i=0;i<3;i++)); do echo "$i"; done

((x++)); ((x--)); echo "$x"

((++x))

select x in a b; do echo "$x"; done

[ "$a" \< "$b" ]; [ "$a" -nt "$b" ]; [ "$a" -ot "$b" ]; [ "$a" -ef "$b" ]; [ "$a" =~ b ]

[ -v a ]

[ -a /x ]

[ "$a" == "$b" ]

[ "$a" == "$b" -a "$a" == c ]

test "$a" == "$b"

ls &> f

ls &>> f

ls >& f

ls >&2; ls 2>&1; ls >&-; ls 2>&-; ls >&"$x"

exec {fd}> f; ls 12> f

ls > /dev/tcp/a/1

ls |& cat

a=(b c); a+=(d); a[0]=x; echo "${a[@]}" "${a[0]}" "${#a[@]}" "${!a[@]}"

coproc cat

echo "${!x}" "${!x*}" "${x:1:2}" "${x:1}" "${x^^}" "${x,}" "${x//a/b}" "${x/a}" "${@:1}" "${x:-1}" "${x: -1}"

echo "$[1+1]" "$((2**3))"

set -o pipefail

set -euo pipefail

set -eux -o pipefail

set +o pipefail

set -E; set -T; set -eT

set -o errexit; set -x; set -- -o pipefail; set +x

set -ex; local x; declare y; typeset z; shopt -s x; builtin ls; mapfile q; enable x; dirs

read -p a x; read -a y; read -rs z; read -t 1 -r w; ulimit -n 1; ulimit -f 1; ulimit; type -p x; type x; wait -n; wait; umask -S; hash -r; hash -d x; cd -P x || exit; cd -e x || exit; cd -; unset -n x; unset -v x; printf -v x y; jobs -l; jobs -r; export -n x; export -p; export -f y; readonly -a z; command -v x; trap -p; exec -a x y; exec ls

trap x ERR; trap x SIGINT; trap x int; trap x EXIT; trap x INT TERM; trap x exit; trap - 1; trap 'x' "$y"

printf '%q' x; printf "%s %q" a b

source x; . x; source x y

function foo { ls; }; foo

function foo() { ls; }; foo

foo-bar() { ls; }; foo-bar

x=$(<file); echo "$x"

echo x{a,b} {1..3} {a..c} {1..10..2} {} {a} {a,b "{a,b}" '{a,b}' {$x,"b c"} {,a} {a,} a{b,{c,d}}e {a,b}{c,d} \{a,b\} {a,b\} ${x:-{a,b}} {a..} {ab..cd}

x={a,b}; echo "$x"

for i in {1..3}; do echo "$i"; done

case {a,b} in x) ;; esac

find . -exec ls {} \; -exec rm {} +

cp x.{a,b}

echo @(a|b) !(c) *.+(x)

echo "$RANDOM $HOSTNAME $UID $EUID $OSTYPE $SECONDS $LINENO $BASH_VERSION $PPID $SHLVL $RANDOM"

HOSTNAME=x; echo "$HOSTNAME"

echo "$((RANDOM % 3))" "$(($RANDOM % 3))"

echo -n x; echo -e x; echo -x x; echo -- x; echo "-n" x; echo -E x; echo -nx; echo - x; echo -; echo "$x" -n

let x=1; let "x += 1"

ls [^a] [!a]

x() { echo "$1"; }; x $a; x "$b"

if [ $a ]; then ls; fi

if [ -z $a ]; then ls; fi

[ $a = b ] && [ -n $c ]

[[ $a = b && -n $c ]]

case $a in $b) ls $c;; esac

echo "$(ls $a)" "$(ls "$a")"

echo "${x:-$(ls $a)}"

: ${x?}

make -j$(nproc)

make -j $(nproc) X=$y

./configure --prefix=$x CFLAGS="-I$y" --with=$(ls)

curl -fsSL https://x/$y/z.tar.gz | tar xz -C $w

wget -O - $x |
  tar xz

apt-get install -y $PKGS && rm -rf /var/lib/apt/lists/*

dpkg -i *.deb

chown -R $USER:$USER "$HOME" $HOME $PWD

if ! command -v x > /dev/null; then ls $y; fi

while ! ls $x; do sleep $y; done

until ls $x; do sleep "$y"; done

ls $x &

eval $x

eval "$x"

export a=$x b="$y" $z

alias a=$x

readonly a=$x

local a=$x

declare a=$x

env A=$x ls

A=$x ls $y

X=$y; Y=`ls`; Z=$(ls)$x

exec "$@"

exec $@

"$@"

$@

x=$1; shift; echo $x

echo ${1} ${@} ${*} $2

echo "$1$2"$3

[ $# -gt 0 ] && [ $1 = x ]

echo a$x"b"$y

echo ~$x ~/$x

test $x

! ls $x

time ls $x
