package embed

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"testing"

	"xiangwen/knowledge/zh"
)

func number(t *testing.T, pair string) int {
	t.Helper()
	terms := zh.AppendTerms(nil, pair)
	i := News.Find(terms[len(terms)-1])
	if i < 0 {
		t.Fatalf("%s is not in the table", pair)
	}
	return i
}

func TestLikeMeaningsAreNear(t *testing.T) {
	for _, c := range [][3]string{{"医院", "急诊", "股价"}, {"开工", "竣工", "医院"}, {"小学", "中学", "大桥"}, {"票价", "车票", "面积"}} {
		a, near, far := number(t, c[0]), number(t, c[1]), number(t, c[2])
		if x, y := News.Cosine(a, near), News.Cosine(a, far); x < y+0.2 {
			t.Errorf("%s: %.2f to %s, %.2f to %s", c[0], x, c[1], y, c[2])
		}
		if same := News.Cosine(a, a); math.Abs(same-1) > 0.03 {
			t.Errorf("%s to itself: %.3f", c[0], same)
		}
	}
	if i := News.Find(zh.AppendTerms(nil, "qwertzuiop")[0]); i >= 0 {
		t.Errorf("an unknown word has number %d", i)
	}
}

func TestTextsBecomeUnitVectors(t *testing.T) {
	texts := []string{"新建的医院开始接诊。", "急诊室里病人不少。", "股价下跌，成交额减少。", "", "qwertz", "新建的醫院開始接診。"}
	v, err := News.Embed(context.Background(), texts)
	if err != nil || len(v) != len(texts) {
		t.Fatal(len(v), err)
	}
	dot := func(i, j int) (sum float64) {
		for k := range v[i] {
			sum += float64(v[i][k]) * float64(v[j][k])
		}
		return sum
	}
	for i := range v {
		if math.Abs(dot(i, i)-1) > 1e-5 {
			t.Errorf("%q: length² %f", texts[i], dot(i, i))
		}
	}
	if dot(0, 1) < dot(0, 2)+0.1 {
		t.Errorf("hospital and emergency room %.2f, hospital and shares %.2f", dot(0, 1), dot(0, 2))
	}
	if dot(0, 5) < 1-1e-5 {
		t.Errorf("traditional characters: %.3f", dot(0, 5))
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := News.Embed(cancelled, texts); err == nil {
		t.Error("no error from a cancelled context")
	}
}

// TestVectorsAreTheSameEverywhere holds vectors against a sum that was computed
// once, on amd64.
func TestVectorsAreTheSameEverywhere(t *testing.T) {
	v, err := News.Embed(context.Background(), []string{"新建的医院开始接诊，票价12元。"})
	if err != nil {
		t.Fatal(err)
	}
	h := fnv.New64a()
	for _, x := range v[0] {
		fmt.Fprintf(h, "%08x", math.Float32bits(x))
	}
	if got, want := h.Sum64(), uint64(0xdda86b4b80d8c924); got != want {
		t.Errorf("sum %#x, want %#x", got, want)
	}
}

func TestWriteAndOpen(t *testing.T) {
	a, b := zh.AppendTerms(nil, "茶园")[2], zh.AppendTerms(nil, "ok")[0]
	file, err := Write([]Entry{{b, 0.1, []float32{0, 1}}, {a, 0.001, []float32{0.6, -0.8}}})
	if err != nil {
		t.Fatal(err)
	}
	table := Open(file)
	i, j := table.Find(a), table.Find(b)
	if i < 0 || j < 0 || math.Abs(table.Cosine(i, j)+0.8) > 0.02 || table.Find(a+1) != -1 {
		t.Errorf("numbers %d and %d", i, j)
	}
	if _, err := Write(nil); err == nil {
		t.Error("an empty table is written")
	}
}

func BenchmarkEmbed(b *testing.B) {
	text := "新建的医院开始接诊，院长说，急诊室和住院楼都在新城区，公交车可以直达。"
	for b.Loop() {
		if _, err := News.Embed(context.Background(), []string{text}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestFewAreComparedAlike compares with and without packing, over all terms.
func TestFewAreComparedAlike(t *testing.T) {
	numbers := []int{0, 29_999, 7, 7, 12_345, 20_000, 3}
	few := News.Few(numbers)
	var got []float64
	for i := range News.weights {
		got = few.AppendCosines(got[:0], i)
		if len(got) != len(numbers) {
			t.Fatalf("%d similarities of %d terms", len(got), len(numbers))
		}
		for j, n := range numbers {
			if want := News.Cosine(i, n); got[j] != want {
				t.Fatalf("terms %d and %d: %f, want %f", i, n, got[j], want)
			}
		}
		term := News.term(i)
		if at := News.Find(term); at != i {
			t.Fatalf("term %d is found as %d", i, at)
		}
		if at := News.Find(term + 1); at >= 0 && at != i+1 { // they are in ascending order
			t.Fatalf("a term that may be number %d is found as %d", i+1, at)
		}
		if length := News.Cosine(i, i); length*127*127 >= 1<<15 {
			t.Errorf("term %d has length² %f: too long to be packed", i, length)
		}
	}
}
