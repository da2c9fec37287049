//go:build ignore

// Generate bundles the widget's sources into dist, and prints its size.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"parley/internal/channel/chat/widget/build"
)

func main() {
	files, err := build.Files(".")
	if err != nil {
		log.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join("dist", name), content, 0o644); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Printf("widget: %d bytes, %d gzipped (below %d)\n",
		len(files["widget.js"]), build.Gzipped(files["widget.js"]), build.MaxWidget)
}
