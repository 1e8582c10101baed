// Package bundled holds the articles that the binary knows without being given
// any: eight local initiatives, retold in our own words from one newspaper
// page. Each file names its source.
package bundled

import "embed"

// Articles are the Markdown files.
//
//go:embed *.md
var Articles embed.FS
