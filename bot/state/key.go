package state

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

const keySize = 32 // bytes

// Hash is how a reader or a conversation is called in everything that is kept: 32
// hex digits, half of HMAC-SHA256(key, kind + "\x00" + id). The key is in
// state.key; without it nobody can tell whose a hash is, and if it is lost readers
// are strangers again.
func (s *Store) Hash(kind, id string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(kind + "\x00" + id))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// loadKey reads the key or makes one. fresh says that there was no database, so
// that no key is missed.
func loadKey(folder string, durable, fresh bool, log *slog.Logger) []byte {
	name := filepath.Join(folder, KeyName)
	key, err := readKey(name)
	if err == nil {
		return key
	}
	if durable {
		if !fresh || !errors.Is(err, fs.ErrNotExist) {
			log.Warn("the key is lost, readers who come back are not known", "file", name, "error", err)
		}
		if key, err = makeKey(name); err == nil {
			return key
		}
		log.Warn("the key can't be kept, readers are not known after a restart", "file", name, "error", err)
	}
	return newKey()
}

func readKey(name string) ([]byte, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err == nil && len(key) != keySize {
		err = fmt.Errorf("%d bytes where %d are expected", len(key), keySize)
	}
	return key, err
}

func newKey() []byte {
	key := make([]byte, keySize)
	rand.Read(key) // never fails
	return key
}

// makeKey writes a new key, whole or not at all.
func makeKey(name string) ([]byte, error) {
	key := newKey()
	f, err := os.CreateTemp(filepath.Dir(name), KeyName+".*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(hex.EncodeToString(key) + "\n")
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	return key, err
}
