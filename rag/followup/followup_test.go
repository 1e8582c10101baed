package followup

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"
	"unicode/utf8"
)

var tunnel = Turn{"云溪大道隧道是哪家公司修的？", "云溪大道隧道由中铁某局承建。", "云溪大道隧道贯通"}

func TestComplete(t *testing.T) {
	jobs := Turn{"东河区的就业之家有多少个？", "东河区已建成就业之家53个。", "就业之家开到家门口"}
	secretary := Turn{"北山村的书记叫什么？", "北山村党支部书记陈大明说，今年收成好。", "两个村一起种茶"}
	loans := Turn{"东河区今年发放了多少创业贷款？", "东河区今年新发放创业担保贷款3.7亿元。", "东河区：稳就业"}
	tea := Turn{"云山县的白茶亩产多少？", "亩产80公斤。", "云山县白茶丰收"}
	peppers := Turn{"安源市推广了哪些辣椒品种？", "推广了红一号、红二号。", "一颗辣椒的路"}
	who := Turn{"谁发起了“邻里食堂”？", "邻里食堂由东河街道发起。", "食堂开进小区"}
	lives := Turn{"刘小军是哪个镇的干部？", "昌河镇干部刘小军说。", "文明实践员上课"}
	lib := Turn{"市图书馆什么时候开放？", "每天9时开放。", "图书馆开夜场"}
	for _, test := range []struct {
		last Turn
		in   string
		want string
	}{
		// 那里, 当地
		{tunnel, "那里有多长？", "云溪大道隧道有多长？"},
		{tunnel, "那里什么时候通车", "云溪大道隧道什么时候通车"},
		{jobs, "当地还有哪些服务？", "东河区的就业之家还有哪些服务？"},
		{lives, "那里有多少人口？", "昌河镇有多少人口？"},
		{lib, "那儿可以借几本书？", "市图书馆可以借几本书？"},
		// 它, 这个, 该
		{tunnel, "它全长多少米？", "云溪大道隧道全长多少米？"},
		{tunnel, "這條隧道有多長？", "云溪大道隧道有多长？"},
		{tunnel, "该隧道什么时候开工的？", "云溪大道隧道什么时候开工的？"},
		{tunnel, "这个项目投资多少", "云溪大道隧道项目投资多少"},
		{tunnel, "那它的施工方是谁", "云溪大道隧道的施工方是谁"},
		{tunnel, "请问它有几个出口？", "云溪大道隧道有几个出口？"},
		{Turn{Question: "云溪大道隧道全长多少米？"}, "它的盾构段呢？", "云溪大道隧道的盾构段全长多少米？"},
		{jobs, "该区有多少人找到了工作？", "东河区有多少人找到了工作？"},
		{tea, "该县还种什么？", "云山县还种什么？"},
		{who, "这个食堂一餐多少钱？", "“邻里食堂”一餐多少钱？"},
		{who, "它在哪里？", "“邻里食堂”在哪里？"},
		// persons and several things
		{secretary, "他说了什么？", "陈大明说了什么？"},
		{secretary, "他打算种几亩？", "陈大明打算种几亩？"},
		{peppers, "它们有什么特点？", "安源市辣椒品种有什么特点？"},
		{peppers, "这些品种产量怎么样", "安源市辣椒品种产量怎么样"},
		// another thing, another time, another attribute
		{jobs, "那南康区呢？", "南康区的就业之家有多少个？"},
		{jobs, "南康区呢", "南康区的就业之家有多少个？"},
		{tea, "红茶呢？", "云山县的红茶亩产多少？"},
		{tea, "那红茶呢？", "云山县的红茶亩产多少？"},
		{tea, "石城县呢？", "石城县的白茶亩产多少？"},
		{loans, "去年呢？", "东河区去年发放了多少创业贷款？"},
		{loans, "那2023年呢？", "东河区2023年发放了多少创业贷款？"},
		{tea, "去年呢？", "去年云山县的白茶亩产多少？"},
		{tea, "面积呢？", "云山县的白茶面积是多少？"},
		{tea, "价格呢", "云山县的白茶价格是多少？"},
		{tunnel, "负责人呢？", "云溪大道隧道负责人是谁？"},
		{lib, "地址呢？", "市图书馆地址是什么？"},
		{tunnel, "枫林高速呢？", "枫林高速是哪家公司修的？"},
		// without a subject
		{tunnel, "什么时候开工的？", "云溪大道隧道什么时候开工的？"},
		{tunnel, "全长多少米？", "云溪大道隧道全长多少米？"},
		{tunnel, "总投资是多少", "云溪大道隧道总投资是多少？"},
		{who, "怎么报名？", "“邻里食堂”怎么报名？"},
		{who, "在哪里？", "“邻里食堂”在哪里？"},
		{who, "那什么时候开始？", "“邻里食堂”什么时候开始？"},
		{jobs, "怎么申请", "东河区的就业之家怎么申请？"},
		{tea, "为什么？", "为什么云山县的白茶亩产？"},
		{lib, "要收费吗？", "市图书馆要收费吗？"},
		{lib, "联系电话是多少？", "市图书馆联系电话是多少？"},
		// more
		{tunnel, "还有呢？", tunnel.Question},
		{tunnel, "詳細說說", tunnel.Question},
		{jobs, "还有别的吗", jobs.Question},
		// English
		{Turn{Question: "How long is the Yunxi Tunnel?"}, "Who built it?", "Who built Yunxi Tunnel?"},
		{Turn{Question: "How many job centres are there in Donghe District?"}, "What about Nankang?", "How many job centres are there in Nankang?"},
		{Turn{Question: "How many job centres are there in Donghe District?"}, "How many people live there?", "How many people live in Donghe District?"},
		{Turn{Question: "Who runs the Sunny Canteen?"}, "When?", "When Sunny Canteen?"},
		{tunnel, "How long is it?", "How long is 云溪大道隧道?"},
		{tunnel, "Tell me more!", tunnel.Question},
	} {
		got := Complete(test.in, test.last)
		if got.Text != test.want || !got.Changed {
			t.Errorf("%s ← %s: %q, want %q", test.in, test.last.Question, got.Text, test.want)
		}
	}
}

// TestCompleteLeaves holds that what stands on its own is not touched.
func TestCompleteLeaves(t *testing.T) {
	for _, q := range []string{
		"北山村的书记是谁？", "章河区有哪些就业服务？", "白茶多少钱一斤？", "其他村种了什么？", "应该去哪里办社保？", "我们这里最近有什么新闻？",
		"邻里食堂里那些老人吃饭要钱吗？", "“小县大城”是什么？", "图书馆在哪里？", "医保怎么报销？", "北山村的村民说他们种了什么？", "最近哪些村在种茶？",
		"刘小军是谁？", "辣椒什么时候收？", "Who built the Harbour Bridge?", "What is the price of tea?", "谢谢",
	} {
		if got := Complete(q, tunnel); got.Changed || got.Text != q {
			t.Errorf("%s became %q", q, got.Text)
		}
	}
	if got := Complete("它有多长？", Turn{}); got.Changed {
		t.Errorf("completed out of nothing: %q", got.Text)
	}
}

// TestCompleteLeavesGolden asks the questions about the bundled articles as if
// each came after another: they stand on their own.
func TestCompleteLeavesGolden(t *testing.T) {
	f, err := os.Open("../../cmd/xiangwen/testdata/bundled.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	asked, changed := 0, 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var q struct{ Question string }
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			t.Fatal(err)
		}
		asked++
		if got := Complete(q.Question, tunnel); got.Changed {
			changed++
			t.Logf("%s became %s", q.Question, got.Text)
		}
	}
	if asked < 100 || changed*100 > asked*2 {
		t.Errorf("%d of %d questions were changed", changed, asked)
	}
}

func FuzzComplete(f *testing.F) {
	f.Add("那里有多长？", "隧道是谁修的？", "某局")
	f.Add("那“呢", "的的", "")
	f.Add("What about it", "Who is X Y?", "")
	f.Fuzz(func(t *testing.T, q, before, answer string) {
		got := Complete(q, Turn{Question: before, Answer: answer})
		if !got.Changed && got.Text != q {
			t.Errorf("%q was changed to %q", q, got.Text)
		}
		if utf8.ValidString(q) && utf8.ValidString(before) && utf8.ValidString(answer) && !utf8.ValidString(got.Text) {
			t.Errorf("%q is not UTF-8", got.Text)
		}
	})
}
