// Plant makes lies of honest answers: one fault each, of a named kind, for the
// test that says how many of them are caught.
//
//	go run ./rag/plant -honest rag/testdata/honest.jsonl -questions cmd/xiangwen/testdata/bundled.jsonl -o rag/testdata/lies.jsonl
//
// Nothing in it is random: the same answers give the same lies.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"xiangwen/knowledge/zh"
)

// answer is a line of honest.jsonl.
type answer struct{ ID, Question, Reply, Style string }

// lie is a line of what is written.
type lie struct {
	ID       string `json:"id"`
	Question string `json:"question"`
	Reply    string `json:"reply"`
	Kind     string `json:"kind"`
	Lie      string `json:"lie"`
}

// perKind is how many lies of a kind are made at most.
const perKind = 34

var mark = regexp.MustCompile(`\[\[([a-z-]+)\]\]`)

func main() {
	log.SetFlags(0)
	honest := flag.String("honest", "rag/testdata/honest.jsonl", "honest answers")
	questions := flag.String("questions", "cmd/xiangwen/testdata/bundled.jsonl", "questions, of which those without an answer are used")
	articles := flag.String("articles", "knowledge/bundled", "the articles that they are on")
	out := flag.String("o", "rag/testdata/lies.jsonl", "file to write")
	flag.Parse()
	if err := plant(*honest, *questions, *articles, *out); err != nil {
		log.Fatal(err)
	}
}

func plant(honest, questions, articles, out string) error {
	var answers []answer
	if err := lines(honest, func(line []byte) error {
		var a answer
		err := json.Unmarshal(line, &a)
		answers = append(answers, a)
		return err
	}); err != nil {
		return err
	}
	texts, err := read(articles)
	if err != nil {
		return err
	}
	var lies []lie
	for _, k := range kinds {
		n := 0
		// Spread over the answers, not all of the first article.
		for i := range answers {
			a := answers[(i*61)%len(answers)]
			if n == perKind {
				break
			}
			at := mark.FindStringSubmatch(a.Reply)
			if at == nil {
				continue
			}
			reply, what := k.spoil(a.Reply, at[1], texts)
			if what == "" || reply == a.Reply {
				continue
			}
			n++
			lies = append(lies, lie{k.name + "-" + strconv.Itoa(n), a.Question, reply, k.name, what})
		}
	}
	n := 0
	err = lines(questions, func(line []byte) error {
		var q struct {
			Question string
			Answers  []any   `json:"answers"`
			All      [][]any `json:"answers_all"`
		}
		if err := json.Unmarshal(line, &q); err != nil || len(q.Answers)+len(q.All) > 0 {
			return err
		}
		reply, what := invented(q.Question, texts)
		if what != "" {
			n++
			lies = append(lies, lie{"no-evidence-" + strconv.Itoa(n), q.Question, reply, "no-evidence", what})
		}
		return nil
	})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, l := range lies {
		if err := e.Encode(l); err != nil {
			return err
		}
	}
	fmt.Printf("%d lies\n", len(lies))
	temporary := out + ".new"
	if err := os.WriteFile(temporary, b.Bytes(), 0o666); err != nil {
		return err
	}
	return os.Rename(temporary, out)
}

func lines(name string, each func([]byte) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	for n := 1; s.Scan(); n++ {
		if err := each(s.Bytes()); err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	return s.Err()
}

// read is the text of each article by its id, front matter included.
func read(folder string) (map[string]string, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.md"))
	if err != nil {
		return nil, err
	}
	out := make(map[string]string)
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		out[strings.TrimSuffix(filepath.Base(name), ".md")] = string(data)
	}
	if len(out) < 2 {
		return nil, fmt.Errorf("%s: fewer than two articles", folder)
	}
	return out, nil
}

// kinds are the faults. spoil returns the reply with the fault and the part that
// is false, "" where the reply has nothing of the kind.
var kinds = []struct {
	name  string
	spoil func(reply, id string, texts map[string]string) (spoiled, what string)
}{
	{"figure", figure}, {"unit", unit}, {"date", date}, {"place", place}, {"person", person}, {"direction", direction}, {"negation", negation}, {"qualifier", qualifier},
	{"wrong-article", wrongArticle}, {"range-mark", rangeMark}, {"invented-quote", quote}, {"missing-mark", missingMark}, {"other-figure", otherFigure}, {"swapped", swapped},
}

var digits = regexp.MustCompile(`\d[\d,]*(?:\.\d+)?`)

// replace puts another string in the place of s[at[0]:at[1]].
func replace(s string, at []int, by string) string { return s[:at[0]] + by + s[at[1]:] }

func figure(reply, id string, texts map[string]string) (string, string) {
	for _, at := range digits.FindAllStringIndex(reply, -1) {
		if inQuotes(reply, at[0]) {
			continue
		}
		d := []byte(reply[at[0]:at[1]])
		last := len(d) - 1
		d[last] = '0' + (d[last]-'0'+3)%10
		if changed := string(d); !strings.Contains(texts[id], changed) && changed != "0" && !strings.Contains(reply, changed) {
			return replace(reply, at, changed), changed
		}
	}
	return "", ""
}

func inQuotes(s string, at int) bool {
	return strings.Count(s[:at], "“") > strings.Count(s[:at], "”") || strings.Count(s[:at], "《") > strings.Count(s[:at], "》")
}

var units = [][2]string{{"公里", "米"}, {"米", "公里"}, {"万元", "亿元"}, {"亿元", "万元"}, {"亩", "公顷"}, {"人", "户"}, {"个村", "个镇"}, {"小时", "天"}, {"天", "小时"}, {"期", "人"}, {"meters", "kilometers"}, {"metres", "kilometres"}, {" mu", " hectares"}, {"million", "billion"}}

func unit(reply, _ string, _ map[string]string) (string, string) {
	for _, at := range digits.FindAllStringIndex(reply, -1) {
		rest := reply[at[1]:]
		trimmed := strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(rest, "多"), "余"), " ")
		if inQuotes(reply, at[0]) {
			continue
		}
		for _, u := range units {
			if strings.HasPrefix(trimmed, strings.TrimSpace(u[0])) {
				from := at[1] + len(rest) - len(trimmed)
				to := from + len(strings.TrimSpace(u[0]))
				return replace(reply, []int{from, to}, strings.TrimSpace(u[1])), reply[at[0]:at[1]] + strings.TrimSpace(u[1])
			}
		}
	}
	return "", ""
}

var day = regexp.MustCompile(`(\d{1,2})(日|月)|(?:(\d{1,2}) (?:November|March))|20\d\d`)

func date(reply, _ string, _ map[string]string) (string, string) {
	at := day.FindStringIndex(reply)
	if at == nil || inQuotes(reply, at[0]) {
		return "", ""
	}
	n := digits.FindStringIndex(reply[at[0]:at[1]])
	number, _ := strconv.Atoi(reply[at[0]+n[0] : at[0]+n[1]])
	shifted := strconv.Itoa(number - 2)
	if number < 3 {
		shifted = strconv.Itoa(number + 2)
	}
	return replace(reply, []int{at[0] + n[0], at[0] + n[1]}, shifted), shifted
}

// names of the bundled articles and ones that they have not, by kind.
var (
	placesThere = strings.Fields("枫田镇 安福县 溪南村 莒洲村 资溪县 高阜镇 章贡区 赣州市 萍乡 梅园社区 新余高新区 天竺山社区 东外社区 南昌高新区 奥体中心站 天祥大道 紫阳大道 高田乡 昌东镇")
	placesElse  = strings.Fields("石城镇 永丰县 北坑村 上坪村 广昌县 马头山镇 南康区 吉安市 宜春 竹园社区 抚州高新区 金岭社区 西津社区 九江经开区 艾溪湖站 艾溪湖大道 北京东路 嵩市镇 麻丘镇")
	peopleThere = strings.Fields("龚国平 邓振国 胡侃 杨亚琪 王兴 刘豪杰 王某 刘某")
	peopleElse  = strings.Fields("陈志强 周海明 孙丽 吴晓燕 何军 赵文斌 张某 黄某")
)

func place(reply, _ string, _ map[string]string) (string, string) {
	for i, p := range placesThere {
		if at := strings.Index(reply, p); at >= 0 && !inQuotes(reply, at) {
			return strings.ReplaceAll(reply, p, placesElse[i]), placesElse[i]
		}
	}
	return "", ""
}

func person(reply, _ string, _ map[string]string) (string, string) {
	for i, p := range peopleThere {
		if strings.Contains(reply, p) {
			return strings.ReplaceAll(reply, p, peopleElse[i]), peopleElse[i]
		}
	}
	return "", ""
}

// first replaces the first of the pairs that the reply has outside quotations.
func first(reply string, pairs [][2]string) (string, string) {
	for _, p := range pairs {
		if at := strings.Index(reply, p[0]); at >= 0 && !inQuotes(reply, at) {
			return replace(reply, []int{at, at + len(p[0])}, p[1]), p[1]
		}
	}
	return "", ""
}

func direction(reply, _ string, _ map[string]string) (string, string) {
	return first(reply, [][2]string{{"增收", "减收"}, {"增至", "减至"}, {"增加", "减少"}, {"超过", "不足"}, {"突破5", "不到5"}, {"突破1", "不到1"}, {"降低", "提高"}, {"减轻", "加重"}, {"提升", "下降"}, {"提高", "降低"}, {"优先", "最后"}, {"较强", "较弱"}, {"丰富", "匮乏"},
		{"increas", "decreas"}, {"more than", "less than"}, {"over ", "under "}, {"以上", "以下"}, {"集中", "分散"}, {"合并", "拆分"}})
}

func negation(reply, _ string, _ map[string]string) (string, string) {
	return first(reply, [][2]string{{"不改变", "改变"}, {"没有改变", "改变了"}, {"已成功", "未成功"}, {"已经", "尚未"}, {"不到一周", "到一周"}, {"正在", "没有在"}, {"建立了", "没有建立"}, {"创建了", "没有创建"}, {"实行", "不实行"}, {"位于", "不位于"}, {"建成", "未建成"}, {"采取", "不采取"}, {"推行", "不推行"}, {"融入", "未融入"}, {"获评", "未获评"}, {"通过", "没有通过"}})
}

func qualifier(reply, _ string, _ map[string]string) (string, string) {
	return first(reply, [][2]string{{"万余元", "万元"}, {"余万元", "万元"}, {"多亩", "亩"}, {"000多", "000"}, {"超过1", "约1"}, {"超过5", "约5"}, {"突破5", "约5"}, {"突破1", "约1"}, {"以上", "以下"}, {"至少", "最多"}, {"不到", "超过"}, {"more than ", ""}, {"over ", "under "}, {"首次", "第二次"}})
}

func wrongArticle(reply, id string, texts map[string]string) (string, string) {
	for _, other := range ids(texts) {
		if other != id && !strings.Contains(reply, other) {
			return strings.ReplaceAll(reply, "[["+id+"]]", "[["+other+"]]"), other
		}
	}
	return "", ""
}

// ids are those of the articles, in the order that spreads them.
func ids(texts map[string]string) []string {
	var out []string
	for _, id := range []string{"zixi-joint-villages", "fengtian-alliances", "zhanggong-job-homes", "changjiu-railway-tunnel", "pingxiang-chili-brand", "tanhui-team-leaders"} {
		if texts[id] != "" {
			out = append(out, id)
		}
	}
	return out
}

func rangeMark(reply, id string, _ map[string]string) (string, string) {
	return strings.ReplaceAll(reply, "[["+id+"]]", "[[no-such-article]]"), "no-such-article"
}

func missingMark(reply, id string, _ map[string]string) (string, string) {
	return strings.ReplaceAll(reply, "[["+id+"]]", ""), "[[" + id + "]]"
}

var quotes = []string{"我们一定把这件事办好", "群众满意是唯一的标准", "下一步还要继续扩大规模", "这在全省都走在前列", "明年计划再上一个台阶"}

func quote(reply, id string, _ map[string]string) (string, string) {
	q := "“" + quotes[len(reply)%len(quotes)] + "”"
	at := mark.FindStringIndex(reply)
	before := strings.TrimRight(reply[:at[0]], "。.")
	return before + "，有关负责人表示" + q + "[[" + id + "]]" + reply[at[1]:], q
}

// otherFigure puts a figure of another article in the place of one of the same
// unit.
func otherFigure(reply, id string, texts map[string]string) (string, string) {
	plain := mark.ReplaceAllStringFunc(reply, func(m string) string { return strings.Repeat(" ", len(m)) })
	for _, f := range zh.Figures(plain) {
		if f.Unit == "" || inQuotes(reply, f.Start) || f.Unit == "月" || f.Unit == "日" || f.Unit == "年" {
			continue
		}
		for _, other := range ids(texts) {
			if other == id {
				continue
			}
			for _, g := range zh.Figures(texts[other]) {
				if by := g.Of(texts[other]); g.Unit == f.Unit && !g.Same(f) && !says(texts[id], g) && !says(plain, g) {
					return replace(reply, []int{f.Start, f.End}, by), by
				}
			}
		}
	}
	return "", ""
}

func says(text string, f zh.Figure) bool {
	for _, g := range zh.Figures(text) {
		if g.Same(f) {
			return true
		}
	}
	return false
}

// swapped exchanges two figures of one unit.
func swapped(reply, _ string, _ map[string]string) (string, string) {
	plain := mark.ReplaceAllStringFunc(reply, func(m string) string { return strings.Repeat(" ", len(m)) })
	figures := zh.Figures(plain)
	for i, f := range figures {
		for _, g := range figures[i+1:] {
			if f.Unit == "" || f.Unit != g.Unit || f.Same(g) || inQuotes(reply, f.Start) || inQuotes(reply, g.Start) || strings.ContainsAny(f.Unit, "年月日号") || f.Value.Exp == 0 && f.Value.Coef == 1 {
				continue
			}
			a, b := f.Of(plain), g.Of(plain)
			return reply[:f.Start] + b + reply[f.End:g.Start] + a + reply[g.End:], b
		}
	}
	return "", ""
}

// invented answers a question that no article answers with a figure, a place or a
// person of one that shares words with it.
func invented(question string, texts map[string]string) (string, string) {
	q := zh.ParseQuestion(question)
	best, most := "", 0
	for _, id := range []string{"zixi-joint-villages", "fengtian-alliances", "zhanggong-job-homes", "changjiu-railway-tunnel", "pingxiang-chili-brand", "tanhui-team-leaders", "xinyu-job-fair", "nanchang-civilization-training"} {
		n := 0
		has := make(map[zh.Term]bool)
		for _, t := range zh.AppendTerms(nil, zh.Normalize(texts[id])) {
			has[t] = true
		}
		for _, t := range q.Terms {
			if has[t] {
				n++
			}
		}
		if n > most {
			best, most = id, n
		}
	}
	if best == "" || q.Left+q.Right == "" {
		return "", ""
	}
	by := "溪南村"
	switch q.Kind {
	case zh.Number:
		for _, f := range zh.Figures(texts[best]) {
			if f.Unit == "米" || f.Unit == "元" || f.Unit == "人" || f.Unit == "亩" || f.Unit == "个" {
				by = f.Of(texts[best])
			}
		}
	case zh.Time:
		by = "11月25日"
	case zh.Person:
		by = "杨亚琪"
	}
	said := strings.TrimRight(q.Left, "？?， ") + by + strings.TrimRight(q.Right, "？? ")
	return said + "[[" + best + "]]。", said
}
