#!/bin/sh
# What cargo calls as rustc for the fuzz targets: our crates alone tell what of them is executed. The others would slow
# each execution down, and fill the corpus with inputs that teach nothing about ours.
case "$*" in
*" --crate-name vmcodec_"*) exec "$@" ;;
esac
for argument; do
    shift
    case "$argument" in
    -Cpasses=sancov-module | -Cllvm-args=-sanitizer-coverage-* | -Cdebug-assertions | -Cinstrument-coverage) ;;
    *) set -- "$@" "$argument" ;;
    esac
done
exec "$@"
