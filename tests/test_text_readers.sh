#!/bin/sh
# What models/base/text.h writes, read by those it is for: an XML and an HTML parser, a CSV reader, sh, and, where they
# are installed, gnuplot and cmark-gfm (GitHub's Markdown). Each gets back the text, and nothing more.
exec python3 "$2/tests/text_readers.py" "$1/tests/test_text"
