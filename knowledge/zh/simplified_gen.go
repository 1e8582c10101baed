//go:build ignore

// Makes simplified.txt from the dictionaries of OpenCC; needs its program opencc
// (Debian: apt-get install opencc). Run it in this folder: go run simplified_gen.go
package main

import (
	"fmt"
	"log"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
)

const first, last = 0x4E00, 0x9FFF // the base block of Chinese characters

// inPhrases are characters that OpenCC changes only inside of phrases (瞭解) or
// not at all (妳), each before the one it is folded to. Found by turning 8.7
// million characters of simplified text into traditional and folding both.
const inPhrases = "瞭了 藉借 彷仿 揹背 暱昵 馀余 幷并 谘咨 諮咨 擡抬 妳你 牠它"

// notHere are characters of simplified text that the Taiwan dictionary takes for
// variants of rarer ones: 什么, 抬头.
const notHere = "么抬"

const header = `# Characters of traditional Chinese by the simplified one that they are read as:
# the first of a line, the others behind it. Made by simplified_gen.go; do not edit.
# From the dictionaries of OpenCC %s, https://github.com/BYVoid/OpenCC,
# copyright 2010-2022 BYVoid and others, Apache License 2.0: only single
# characters, many-to-one, Taiwan and Hong Kong variants included.
`

func main() {
	version, err := exec.Command("opencc", "--version").CombinedOutput()
	if err != nil {
		log.Fatal("run opencc: ", err)
	}
	fold := make(map[rune]rune)
	for _, config := range []string{"t2s", "tw2s", "hk2s"} { // the first that changes a character decides
		for i, s := range convert(config) {
			r := rune(first + i)
			if _, known := fold[r]; !known && s != r && s <= 0xFFFF && !(config != "t2s" && strings.ContainsRune(notHere, r)) {
				fold[r] = s
			}
		}
	}
	for pair := range strings.FieldsSeq(inPhrases) {
		p := []rune(pair)
		fold[p[0]] = p[1]
	}
	from := make(map[rune][]rune)
	for r, s := range fold {
		for next, more := fold[s]; more; next, more = fold[s] { // 薴 → 苧 → 苎
			s = next
		}
		from[s] = append(from[s], r)
	}
	var out strings.Builder
	fmt.Fprintf(&out, header, strings.Fields(string(version))[len(strings.Fields(string(version)))-1])
	for _, s := range slices.Sorted(maps.Keys(from)) {
		slices.Sort(from[s])
		out.WriteString(string(s) + string(from[s]) + "\n")
	}
	if err := os.WriteFile("simplified.txt", []byte(out.String()), 0o644); err != nil {
		log.Fatal(err)
	}
	log.Printf("%d characters folded to %d", len(fold), len(from))
}

// convert has each character of the block converted alone.
func convert(config string) []rune {
	var in strings.Builder
	for r := rune(first); r <= last; r++ {
		in.WriteString(string(r) + "\n")
	}
	cmd := exec.Command("opencc", "-c", config)
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		log.Fatal("run opencc: ", err)
	}
	var all []rune
	for line := range strings.Lines(string(out)) {
		all = append(all, []rune(strings.TrimSuffix(line, "\n"))...)
	}
	if len(all) != last-first+1 {
		log.Fatalf("%s: %d characters became %d", config, last-first+1, len(all))
	}
	return all
}
