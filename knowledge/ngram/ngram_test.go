package ngram

import (
	"math"
	"testing"
)

func TestJoin(t *testing.T) {
	for _, c := range []struct {
		last, next string
		goesOn     bool
	}{
		{"进一步提高居民的生活质", "量和水平", true},
		{"积极推进乡村振", "兴工作", true},
		{"村里的路灯都亮了", "近日，镇里又", false},
		{"已经全部完工", "据了解，该", false},
	} {
		bits := News.Join([]rune(c.last), []rune(c.next))
		if (bits > 0) != c.goesOn {
			t.Errorf("%s|%s: %.1f bits, goes on should be %v", c.last, c.next, bits, c.goesOn)
		}
	}
}

func TestBuild(t *testing.T) {
	counts := map[Gram]uint32{{Start}: 8, {'春'}: 64, {'天'}: 32, {'春', '天'}: 16, {Start, '春'}: 4}
	file, kept, rarest := Build(counts, 1024)
	if kept != len(counts) || rarest != 4 {
		t.Fatalf("kept %d n-grams down to count %d, want %d down to 4", kept, rarest, len(counts))
	}
	table := Open(file)
	if got := table.log2Prob(0, '春', '天'); got != -2 { // 16 of 64
		t.Errorf("log2Prob(天 | 春) = %v, want -2", got)
	}
	if got := table.log2Prob('冬', '春', '天'); math.Abs(got-(backoff-2)) > 1e-9 {
		t.Errorf("with an unknown context = %v, want %v", got, backoff-2)
	}
	if got := table.Opening([]rune("春")); got != -1 { // 4 of 8
		t.Errorf("Opening(春) = %v, want -1", got)
	}
	if _, ok := table.log2Count(Gram{'秋'}); ok {
		t.Error("秋 was never counted, yet is in the table")
	}
}
