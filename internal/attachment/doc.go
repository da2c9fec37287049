// Package attachment has the files of conversations (IN-14, CH-7): uploads of
// staff and visitors, files of mails, downloads, and what becomes of files that
// no one wants any longer.
//
// A content is written to the storage before its row, and its row goes before
// the content does. So a row always has its content; a content without a row is
// an orphan, which RemoveOrphans finds. Uploads wait for the message that takes
// them (Claim) for a day.
//
// Who may see a file is decided twice: when its address is made, and again when
// the address is used, within ten minutes. Nothing that a sender says about a
// file is believed: its type is found in the content, its name is cleaned, and
// no file is ever served in a way that lets a browser run it.
package attachment
