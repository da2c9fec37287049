package attachment

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"image"
	_ "image/gif"  // for DecodeConfig
	_ "image/jpeg" // for DecodeConfig
	_ "image/png"  // for DecodeConfig
	"io"
	"strings"
)

// What a picture may have to be shown in place: a small file may be of so many
// pixels that whoever opens the conversation runs out of memory.
const (
	maxSide   = 16_384
	maxPixels = 64 << 20
	// maxHead is how much of a picture is read for its size.
	maxHead = 1 << 20
)

// showable reports whether a file may be shown in place; one that is no picture may
// be. A picture whose size cannot be told is kept for download, but for those of
// types whose browsers' readers are bounded.
func (s *Service) showable(ctx context.Context, blobKey, contentType string) (bool, error) {
	if !strings.HasPrefix(contentType, "image/") || contentType == "image/avif" {
		return true, nil
	}
	r, err := s.bucket.NewReader(ctx, blobKey)
	if err != nil {
		return false, err
	}
	defer func() { _ = r.Close() }()
	width, height, err := pictureSize(io.LimitReader(r, maxHead), contentType)
	if err != nil {
		return false, nil //nolint:nilerr // it is not shown
	}
	return width > 0 && height > 0 && width <= maxSide && height <= maxSide && width*height <= maxPixels, nil
}

// pictureSize reads a picture's head for its width and height.
func pictureSize(r io.Reader, contentType string) (width, height int, err error) {
	switch contentType {
	case "image/webp":
		return webpSize(bufio.NewReader(r))
	case "image/bmp":
		head := make([]byte, 26)
		if _, err := io.ReadFull(r, head); err != nil {
			return 0, 0, err
		}
		height := int(int32(binary.LittleEndian.Uint32(head[22:])))
		return int(int32(binary.LittleEndian.Uint32(head[18:]))), max(height, -height), nil
	}
	c, _, err := image.DecodeConfig(r)
	return c.Width, c.Height, err
}

// webpSize reads the first chunk, of which there are three kinds.
func webpSize(r io.Reader) (width, height int, err error) {
	head := make([]byte, 30)
	if _, err := io.ReadFull(r, head); err != nil {
		return 0, 0, err
	}
	switch {
	case bytes.Equal(head[12:16], []byte("VP8X")):
		return 1 + int(head[24]) + int(head[25])<<8 + int(head[26])<<16, 1 + int(head[27]) + int(head[28])<<8 + int(head[29])<<16, nil
	case bytes.Equal(head[12:16], []byte("VP8L")):
		bits := binary.LittleEndian.Uint32(head[21:])
		return 1 + int(bits&0x3fff), 1 + int(bits>>14&0x3fff), nil
	case bytes.Equal(head[12:16], []byte("VP8 ")):
		return int(binary.LittleEndian.Uint16(head[26:]) & 0x3fff), int(binary.LittleEndian.Uint16(head[28:]) & 0x3fff), nil
	}
	return 0, 0, image.ErrFormat
}
