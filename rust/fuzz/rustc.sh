#!/bin/sh
# What cargo calls as rustc for the fuzz targets: our crates alone tell what of them is executed. The others would slow
# each execution down, and fill the corpus with inputs that teach nothing about ours. The program that replays inputs
# keeps its flags too, since only then is it linked to what writes down the coverage.
case "$*" in
*" --crate-name vmcodec_"* | *" --crate-name replay "*) exec "$@" ;;
esac
for argument; do
    shift
    case "$argument" in
    -Cpasses=sancov-module | -Cllvm-args=-sanitizer-coverage-* | -Cdebug-assertions | -Cinstrument-coverage) ;;
    *) set -- "$@" "$argument" ;;
    esac
done
exec "$@"
