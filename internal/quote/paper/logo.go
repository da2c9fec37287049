package paper

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/png"

	"codeberg.org/go-pdf/fpdf"

	"parley/internal/quote"
)

// A logo is at most so wide and high, in millimetres; a pixel is at most as wide as on a screen.
const (
	logoWidth  = 60.0
	logoHeight = 22.0
	pixel      = 25.4 / 96
)

// logo writes a picture at the head of the first page. It is written again as a PNG of eight
// bits without interlace, which is what the format of the paper can have of all kinds.
func (p *paper) logo(content []byte) error {
	if len(content) == 0 {
		return nil
	}
	picture, err := quote.DecodeLogo(content)
	if err != nil {
		return fmt.Errorf("read the logo of a quote: %w", err)
	}
	size := picture.Bounds()
	plain := image.NewNRGBA(image.Rect(0, 0, size.Dx(), size.Dy()))
	draw.Draw(plain, plain.Bounds(), picture, size.Min, draw.Src)
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, plain); err != nil {
		return err
	}
	wide, high := float64(size.Dx())*pixel, float64(size.Dy())*pixel
	scale := min(1, logoWidth/wide, logoHeight/high)
	options := fpdf.ImageOptions{ImageType: "PNG"}
	p.RegisterImageOptionsReader("logo", options, &encoded)
	p.ImageOptions("logo", margin, p.GetY(), wide*scale, high*scale, false, options, 0, "")
	p.SetY(p.GetY() + high*scale + 4)
	return p.Error()
}
