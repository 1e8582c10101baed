package zh

import (
	"slices"
	"strings"
	"testing"
)

func TestQuestionsOverSeveralArticlesAreKnownByTheirForm(t *testing.T) {
	for question, about := range map[string]string{
		"哪些地方在种茶树？":      "种茶树",
		"最近有哪些村修了路？":     "修了路",
		"哪几个社区开展了义诊？":    "义诊",
		"种茶树的村有哪些？":      "种茶树",
		"各地怎么防汛？":        "防汛",
		"各村有哪些养老的做法？":    "养老的",
		"哪些單位在培訓員工或學員？":  "培训员工 学员",
		"东河镇哪些企业在招工？":    "东河镇 招工",
		"哪些村镇在帮扶困难户？":    "帮扶困难户",
		"最近有哪些活动？":       "活动",
		"哪些村镇靠抱团发展集体经济？": "抱团 集体经济",
	} {
		q := ParseQuestion(question)
		if got := strings.Join(strings.Fields(q.Right), " "); !q.Many || q.News || got != about {
			t.Errorf("%s: many %t, news %t, about %q, want %q", question, q.Many, q.News, got, about)
		}
	}
	for question, about := range map[string]string{
		"东河镇最近有哪些新闻？":  "东河镇",
		"关于茶树有哪些报道？":   "茶树",
		"有没有修路的消息？":    "修路",
		"西山村最近发生了什么？":  "西山村",
		"最近有什么新闻？":     "",
		"東河鎮的最新消息有哪些？": "东河镇",
	} {
		q := ParseQuestion(question)
		if got := strings.Join(strings.Fields(q.Right), " "); !q.Many || !q.News || got != about {
			t.Errorf("%s: many %t, news %t, about %q, want %q", question, q.Many, q.News, got, about)
		}
		if about == "" && len(q.Terms) > 0 {
			t.Errorf("%s has terms", question)
		}
	}
	for _, question := range []string{
		"东河镇推广了哪些茶树品种？", "东河镇建了哪几个基地？", "茶树分布在哪些地区？", "试点有哪些是不改变的？",
		"东河镇报道了什么问题？", "在哪里种茶树？", "各级干部一共有多少人？", "新闻发布会在哪里开？",
	} {
		if q := ParseQuestion(question); q.Many {
			t.Errorf("%s: asks one article", question)
		}
	}
}

func TestAnArticleMustNameWhatIsAskedFor(t *testing.T) {
	if q := ParseQuestion("哪些学校在招生？"); !slices.Contains(q.Bodies, "小学") {
		t.Errorf("schools are %q", q.Bodies)
	}
	if q := ParseQuestion("哪些地方在招生？"); len(q.Bodies) > 0 {
		t.Errorf("places are %q", q.Bodies)
	}
}

func TestAComparisonIsDivided(t *testing.T) {
	for question, want := range map[string]string{
		"东河镇和西山村分别怎么帮人就业？":     "东河镇怎么帮人就业? 西山村怎么帮人就业?",
		"东河镇和安平县的茶园今年各怎么样？":    "东河镇的茶园今年怎么样? 安平县的茶园今年怎么样?",
		"今年东河镇、西山村和安平县都种了什么？":  "今年东河镇种了什么? 今年西山村种了什么? 今年安平县种了什么?",
		"在养老方面，东河镇与安平县各有什么做法？": "在养老方面,东河镇有什么做法? 在养老方面,安平县有什么做法?",
		"东河镇比安平县多多少家企业？":       "东河镇有多少家企业? 安平县有多少家企业?",
		"东河镇和安平县的企业哪个更多？":      "东河镇有多少企业? 安平县有多少企业?",
		"东河镇跟安平县相比，哪个的旅游业更强？":  "东河镇的旅游业怎么样? 安平县的旅游业怎么样?",
		"东河镇和安平县的做法有什么不同？":     "东河镇的做法怎么样? 安平县的做法怎么样?",
		"和平村和安和镇分别有多少人？":       "和平村有多少人? 安和镇有多少人?",
		"和谐联盟和平安联盟各自做了什么？":     "和谐联盟做了什么? 平安联盟做了什么?",
		"東河鎮與西山村分別種了多少畝茶樹？":    "东河镇种了多少亩茶树? 西山村种了多少亩茶树?",
		"南昌和赣州分别有多少家图书馆？":      "南昌有多少家图书馆? 赣州有多少家图书馆?",
	} {
		var got []string
		for _, p := range ParseQuestion(question).Parts {
			if !strings.Contains(p.Text, p.Name) {
				t.Errorf("%s: %q is not in %q", question, p.Name, p.Text)
			}
			got = append(got, p.Text)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", question, got, want)
		}
	}
	for _, question := range []string{
		"东河村和西山村合建的茶厂叫啥？", "东河村和西山村一共增收多少？", "安和镇分别有多少个村？", "和平村有多少人？",
		"东河村和西山村的两个书记是谁？", "东河镇今年比去年多了多少岗位？", "东河村和西山村各级干部是谁？",
		"中学和小学相距多远？", "书法比赛在哪里举行？", "大型货车和新能源汽车所用的电池有什么区别？", "甲镇、乙镇、丙镇、丁镇和戊镇分别有多少人？", strings.Repeat("东河镇、", 120) + "分别有多少人？", "和", "和分别", "、、各",
	} {
		if parts := ParseQuestion(question).Parts; parts != nil {
			t.Errorf("%s: divided into %q", question, parts)
		}
	}
}

func FuzzParseQuestionParts(f *testing.F) {
	for _, s := range []string{"东河镇和西山村分别怎么样？", "“三联”和“三共”各指什么", "比比比", "和\x80各", "哪些地方"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range ParseQuestion(text).Parts {
			if p.Name == "" || !strings.Contains(p.Text, p.Name) {
				t.Errorf("%q: part %+v", text, p)
			}
		}
	})
}
