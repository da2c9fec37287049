package attachment

import (
	"path"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// sniffed is how many bytes of a content show its type.
const sniffed = 3072

// unknownType is the type of what no type was found for.
const unknownType = "application/octet-stream"

// typeOf finds a content's type by its first bytes, without parameters.
func typeOf(head []byte) string {
	t, _, _ := strings.Cut(mimetype.Detect(head).String(), ";")
	return t
}

// visitorTypes are what visitors may upload by default.
var visitorTypes = []string{
	"image/*", "audio/*", "video/*", "application/pdf", "application/ogg",
	"text/plain", "text/csv", "text/tab-separated-values", "text/rtf", "text/calendar", "text/vcard", "text/vtt",
	"application/zip", "application/gzip", "application/x-7z-compressed",
	"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/vnd.ms-outlook", "application/x-ole-storage",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet", "application/vnd.oasis.opendocument.presentation",
}

// runs are the endings of names by which a computer runs a file, or a browser
// what is in it.
var runs = strings.Fields(`.apk .app .appx .bat .bin .chm .cmd .com .cpl .deb .dll .dmg .docm .dotm .elf .exe .gadget .hta .htm .html
	.inf .iso .jar .js .jse .jsp .lnk .mht .mhtml .mjs .msc .msi .msix .msp .php .pif .pkg .pl .potm .ppam .pptm .ps1 .psm1 .py .pyw
	.rb .reg .rpm .scf .scr .sh .shtml .svg .svgz .sys .url .vb .vbe .vbs .wasm .wsf .wsh .xhtml .xlam .xlsm .xltm .xml .xsl`)

// visitorsMay reports whether visitors may upload a file of that name and type.
func (o *Options) visitorsMay(name, contentType string) bool {
	if slices.Contains(runs, strings.ToLower(path.Ext(name))) || contentType == "image/svg+xml" {
		return false
	}
	group, _, _ := strings.Cut(contentType, "/")
	return slices.Contains(o.VisitorTypes, contentType) || slices.Contains(o.VisitorTypes, group+"/*")
}

// shown are the types that browsers show by themselves without running anything
// of them.
var shown = map[string]bool{
	"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true, "image/avif": true, "image/bmp": true, "image/apng": true,
	"audio/mpeg": true, "audio/ogg": true, "audio/wav": true, "audio/flac": true, "audio/aac": true, "audio/mp4": true, "audio/x-m4a": true,
	"video/mp4": true, "video/webm": true, "video/ogg": true, "video/quicktime": true,
	"application/pdf": true,
}

// servedAs is the type that a file goes out with: what browsers could run goes
// as mere bytes, and text as plain text.
func servedAs(contentType string) string {
	switch {
	case shown[contentType], contentType == "application/zip", contentType == "application/msword",
		strings.HasPrefix(contentType, "application/vnd.ms-") && contentType != "application/vnd.ms-package.3dmanufacturing-3dmodel+xml",
		strings.HasPrefix(contentType, "application/vnd.openxmlformats-officedocument."),
		strings.HasPrefix(contentType, "application/vnd.oasis.opendocument."):
		return contentType
	case contentType == "text/plain", contentType == "text/csv", contentType == "text/tab-separated-values":
		return "text/plain; charset=utf-8"
	}
	return unknownType
}

// isImage reports whether a message's HTML may show a file of the type.
func isImage(contentType string) bool {
	return shown[contentType] && strings.HasPrefix(contentType, "image/")
}
