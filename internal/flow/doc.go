// Package flow has the rules of built-in bots' flows (BT-4): what a flow may be, and what
// its next step does. It reads and writes nothing: Step is a function of the flow, of where
// it stands, and of a World that answers what only the database knows. Who calls it stores
// what follows from a step together with where the flow stands after it, so that a crash
// neither repeats nor skips a step; a trial imagines the World and stores nothing (BT-5).
package flow
