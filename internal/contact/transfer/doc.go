// Package transfer moves many contacts at once (CR-1): in from a CSV file, with a
// mapping of its columns, a trial run and a report of each row, and out as CSV or
// NDJSON.
//
// An import is a task. Its rows are kept in the database from the moment that the file
// was read, and each row is one transaction, with the task's progress: what breaks off
// goes on where it was, and a row that was imported once is unchanged the second time.
package transfer
