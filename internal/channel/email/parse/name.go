package parse

import (
	"path"
	"strings"
	"unicode"

	"github.com/gabriel-vasile/mimetype"
)

// mostName is the length of the longest file name in bytes, which file systems share.
const mostName = 200

// extensions of files that came without a name.
var extensions = map[string]string{
	"image/png": "image.png", "image/jpeg": "image.jpg", "image/jpg": "image.jpg", "image/gif": "image.gif",
	"image/webp": "image.webp", "image/svg+xml": "image.svg", "image/bmp": "image.bmp", "image/tiff": "image.tif",
	"image/heic": "image.heic", "text/plain": "text.txt", "text/html": "page.html", "text/csv": "table.csv",
	"text/calendar": "invite.ics", "application/ics": "invite.ics", "text/vcard": "contact.vcf", "text/x-vcard": "contact.vcf",
	"text/rtf": "text.rtf", "application/rtf": "text.rtf", "text/xml": "data.xml", "application/xml": "data.xml",
	"application/json": "data.json", "application/pdf": "document.pdf", "application/zip": "archive.zip",
	"application/ms-tnef": "winmail.dat", "application/vnd.ms-tnef": "winmail.dat",
	"application/pkcs7-mime": "smime.p7m", "application/x-pkcs7-mime": "smime.p7m",
	"application/pkcs7-signature": "smime.p7s", "application/x-pkcs7-signature": "smime.p7s",
	"application/pgp-signature": "signature.asc", "application/pgp-encrypted": "version.asc", "application/pgp-keys": "key.asc",
	"message/delivery-status": "delivery-status.txt", "message/global-delivery-status": "delivery-status.txt",
	"message/disposition-notification": "disposition.txt", "message/global-disposition-notification": "disposition.txt",
	"message/feedback-report": "feedback-report.txt", "message/global-headers": "headers.txt",
	"text/rfc822-headers": "headers.txt", "message/rfc822-headers": "headers.txt",
	"audio/mpeg": "audio.mp3", "audio/wav": "audio.wav", "video/mp4": "video.mp4",
}

// givenName is the name that the mail gives to the part, "" if none. The charset is that of
// 8-bit names which do not say theirs.
func (n *mimePart) givenName(charset string) string {
	for _, field := range []string{"Content-Disposition", "Content-Type"} {
		value := n.header.get(field)
		if len(value) == 0 {
			continue
		}
		_, params := parseParams(unfoldField(value[:min(len(value), mostType)], charset))
		for _, key := range []string{"filename", "name"} { // some put either into either
			if name := fileName(params[key]); name != "" {
				return name
			}
		}
	}
	return ""
}

// name is never empty.
func (n *mimePart) name(charset string) string {
	name := n.givenName(charset)
	switch {
	case n.rest:
		return "rest-of-mail.txt"
	case n.is("message/rfc822", "message/global"):
		return n.messageName(name)
	case name != "":
		return name
	case extensions[n.media] != "":
		return extensions[n.media]
	}
	return n.nameByContent()
}

// nameByContent is the name of a part whose type is unknown too: that of what it is, where
// that can be seen.
func (n *mimePart) nameByContent() string {
	content, _ := n.decoded()
	found := mimetype.Detect(content[:min(len(content), 4<<10)])
	media, _, _ := strings.Cut(found.String(), ";")
	switch {
	case found.Extension() == "", media == "text/plain", media == "text/html":
		return "attachment.bin"
	case extensions[media] != "":
		return extensions[media]
	}
	return "attachment" + found.Extension()
}

// messageName is that of an attached mail: its subject.
func (n *mimePart) messageName(name string) string {
	if name == "" {
		content, _ := n.decoded()
		h, _, _ := readMailHeader(skipEnvelope(content))
		subject := decodeField(h.get("Subject"), "")
		name = fileName(strings.NewReplacer("/", "-", `\`, "-", ":", "-").Replace(subject))
	}
	if name == "" {
		name = "message"
	}
	if !strings.EqualFold(path.Ext(name), ".eml") {
		name += ".eml"
	}
	return fileName(name)
}

// isPath distinguishes "C:\temp\a.pdf" and "files/a.pdf" from "RE: Offer 1/2.msg", which is
// a subject that has become a name.
func isPath(name string) bool {
	name = strings.ReplaceAll(name, `\`, "/")
	first, _, found := strings.Cut(name, "/")
	switch {
	case !found:
		return false
	case strings.Contains("/"+name, "/../"), len(first) == 2 && first[1] == ':':
		return true
	}
	return !strings.ContainsAny(first, " :")
}

// fileName makes a name harmless: no path, no characters that control, reorder
// or hide, none that file systems refuse. "" if nothing is left.
func fileName(name string) string {
	if isPath(name) {
		name = name[strings.LastIndexAny(name, `/\`)+1:]
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(`<>:"|?*/\`, r):
			return '_'
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r) && r != '\u200d' && r != '\u200c', r == '\u2028', r == '\u2029':
			return -1
		}
		return r
	}, cleanLine(name))
	name = strings.Trim(name, " .\t")
	if len(name) <= mostName {
		return name
	}
	ext := path.Ext(name)
	if len(ext) > 20 {
		ext = ""
	}
	return strings.TrimSpace(clip(name[:len(name)-len(ext)], mostName-len(ext))) + ext
}
