package main

import (
	"os"
	"testing"
)

// TestMain keeps what the tests remember out of the user's folders.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "xiangwen-test-")
	if err != nil {
		panic(err)
	}
	os.Setenv("XIANGWEN_DATA", dir)
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}
