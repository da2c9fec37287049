package settings

import (
	"math"
	"strconv"
)

// OnAccent returns the colour of text on an accent colour, black or white,
// whichever is easier to read.
func OnAccent(accent string) string {
	if Contrast(accent) >= contrast(luminance(accent), 0) {
		return "#ffffff"
	}
	return "#000000"
}

// Contrast returns the contrast of an accent colour to white, from 1 to 21, as
// WCAG 2 reckons it. Below 3 a launcher is hard to see on a white page, below
// 4.5 white text on it hard to read.
func Contrast(accent string) float64 {
	return math.Round(contrast(luminance(accent), 1)*100) / 100
}

func contrast(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }

// luminance returns how bright a colour, as "#rrggbb", is: 0 to 1.
func luminance(accent string) float64 {
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		channel, err := strconv.ParseUint(accent[1+2*i:3+2*i], 16, 8)
		if err != nil {
			return 0 // no colour, which is never kept
		}
		sum += weight * linear(float64(channel)/255)
	}
	return sum
}

func linear(c float64) float64 {
	if c <= 0.04045 {
		return c / 12.92
	}
	return math.Pow((c+0.055)/1.055, 2.4)
}
