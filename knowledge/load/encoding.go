package load

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// errNotText is what binary files are skipped with.
var errNotText = errors.New("not a text: neither UTF-8 nor GB18030")

// Decode turns the bytes of a file into text: UTF-8, UTF-16 with a byte order
// mark, or GB18030, which most Chinese archives of the last century are in. note
// is not empty if something of it was lost.
func Decode(data []byte) (text, note string, err error) {
	if bytes.HasPrefix(data, []byte{0xFF, 0xFE}) || bytes.HasPrefix(data, []byte{0xFE, 0xFF}) {
		out, _, err := transform.Bytes(unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder(), data)
		if err != nil {
			return "", "", errNotText
		}
		return string(out), "", nil
	}
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	if bytes.IndexByte(data, 0) >= 0 {
		return "", "", errNotText
	}
	if utf8.Valid(data) {
		return string(data), "", nil
	}
	// A UTF-8 file with a few damaged bytes decodes as GB18030 into rubbish, so
	// the share of bytes that are good UTF-8 decides first.
	invalid, other := 0, 0
	for rest := data; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size == 1 {
			invalid++
		} else if size > 1 {
			other++
		}
		rest = rest[size:]
	}
	if invalid*50 <= other { // at most one in fifty characters is damaged
		return strings.ToValidUTF8(string(data), "\uFFFD"), fmt.Sprintf("%d bytes are not UTF-8 and were replaced by \uFFFD", invalid), nil
	}
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
	if err != nil || bytes.ContainsRune(out, utf8.RuneError) {
		return "", "", errNotText
	}
	return string(out), "", nil
}
