// Package thread reports to which conversation a mail belongs (EM-4).
//
// A mail joins a conversation by a signed token, which only those who got a
// mail of that conversation have; or by its headers, but then only if its
// sender takes part in that conversation. Headers by themselves prove nothing,
// because everyone can write them. Whatever else comes begins a conversation of
// its own, which names the one that it may be about.
//
//   - IDs reads lists of Message-IDs, however damaged;
//   - Subject and Address make subjects and addresses comparable;
//   - Tokens makes and checks the signed Message-IDs, References and reply
//     addresses;
//   - Decide is the rule itself.
//
// The package is pure: the candidates are looked up by the caller.
package thread
