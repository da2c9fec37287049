// Package richtext makes the texts of others fit to be kept and shown: HTML is
// sanitised, plain text cleaned, HTML turned into plain text, long text cut to
// one line. Nothing here fails on odd input but Clean, which refuses what is
// not UTF-8.
package richtext
