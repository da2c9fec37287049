package settings

// Pause is for tests of how long a mailbox that fails is left alone.
var Pause = pauseAfter
