package vocab

// LoopHeader stands on every automatic mail that Parley sends, with any value.
// Mail that has it is a machine's, of this installation or of another.
const LoopHeader = "X-Parley-Loop"
