package rag

import (
	"context"
	"slices"
	"strings"
	"testing"

	"xiangwen/knowledge"
)

func issued(id, date, title, place, text string) *knowledge.Article {
	return knowledge.NewArticle(knowledge.Article{ID: id, Title: title, Place: place, Source: "测试报", Date: date}, []knowledge.Paragraph{{Text: text}})
}

// tea is a small paper: several articles on tea, one of them printed twice.
func tea() *knowledge.Library {
	return knowledge.NewLibrary([]*knowledge.Article{
		issued("east", "2024-03-01", "东河镇扩大茶园", "东河镇", "东河镇今年新种茶树三百亩，茶农有八百户。"),
		issued("west", "2024-05-01", "西山村坡地变茶园", "西山村", "西山村村民在坡地上种茶树，合作社统一收购。西山村有六所小学。"),
		issued("undated", "", "北岭乡的茶香", "北岭乡", "北岭乡的老茶农一直种茶树。"),
		issued("agency", "2024-01-10", "青溪县茶树种到山顶", "", "青溪县林场的职工在山顶上种茶树，每年四月开园采茶。"),
		issued("again", "2024-01-12", "茶树种到山顶", "", "青溪县林场的职工在山顶上种茶树，每年四月都开园采茶。"),
		issued("road", "2024-06-01", "南门街道修路", "南门街道", "南门街道修好了两条路，投资120万元。"),
		issued("school", "2024-02-01", "东河镇办夜校", "东河镇", "东河镇的夜校开设了剪纸、二胡、太极拳三门课程。"),
		issued("clinic", "2024-02-02", "西山村义诊", "西山村", "西山村卫生室每月举行一次义诊。"),
	}, nil)
}

func cited(a Answer) []string {
	var ids []string
	for _, c := range a.Citations {
		ids = append(ids, c.ArticleID)
	}
	return slices.Compact(ids)
}

func TestSeveralArticlesNewestFirstAndRepeatsOnce(t *testing.T) {
	library := tea()
	e := newEngine(t, Options{}, library)
	for _, question := range []string{"哪些地方在种茶树？", "種茶樹的地方有哪些？"} {
		a := ask(e, question)
		if got := cited(a); a.Status != Answered || !slices.Equal(got, []string{"west", "east", "again", "undated"}) {
			t.Errorf("%s: %s cites %q: %s", question, a.Status, got, a.Text)
		}
		if err := Verify(a, library); err != nil {
			t.Errorf("%s: %v", question, err)
		}
	}
}

func TestSeveralThatNothingIsAboutIsNotFound(t *testing.T) {
	e := newEngine(t, Options{}, tea())
	for _, question := range []string{"哪些地方在造火箭？", "哪些村在养骆驼？", "哪些医院在种茶树？", "石桥镇最近有哪些新闻？"} {
		if a := ask(e, question); a.Status != NotFound || len(a.Citations) > 0 {
			t.Errorf("%s: %s %q", question, a.Status, a.Text)
		}
	}
}

func TestAListStaysInOneArticle(t *testing.T) {
	e := newEngine(t, Options{}, tea())
	for _, question := range []string{"东河镇的夜校开设了哪些课程？", "东河镇有哪些夜校课程？"} {
		if a := ask(e, question); !slices.Equal(cited(a), []string{"school"}) || !strings.Contains(a.Text, "剪纸、二胡、太极拳") {
			t.Errorf("%s: %s %q", question, a.Status, a.Text)
		}
	}
}

func TestNewsOfAPlaceAndOfAll(t *testing.T) {
	library := tea()
	e := newEngine(t, Options{}, library)
	a := ask(e, "东河镇最近有哪些新闻？")
	if got := cited(a); !slices.Equal(got, []string{"east", "school"}) {
		t.Errorf("%q: %s", got, a.Text)
	}
	if a = ask(e, "最近有什么新闻？"); len(a.Citations) != maxPlaces || a.Citations[0].ArticleID != "road" {
		t.Errorf("all news: %q", cited(a))
	}
	if err := Verify(a, library); err != nil {
		t.Error(err)
	}
}

func TestWhatIsListedNamesItsPlace(t *testing.T) {
	library := knowledge.NewLibrary([]*knowledge.Article{
		issued("a", "2024-05-01", "夜市开张", "石桥镇", "石桥镇的夏天很热闹。老街上的夜市开张了，摊位有四十个。"),
		issued("b", "2024-05-02", "广场夜市", "柳林县", "柳林县的夜市开张了。"),
	}, nil)
	a := ask(newEngine(t, Options{}, library), "哪些地方的夜市开张了？")
	if !strings.Contains(a.Text, "石桥镇：老街上的夜市开张了") || strings.Contains(a.Text, "柳林县：") {
		t.Errorf("%s: %q", a.Status, a.Text)
	}
	if err := Verify(a, library); err != nil {
		t.Error(err)
	}
}

func TestAComparisonIsAnsweredPartByPart(t *testing.T) {
	library := knowledge.NewLibrary([]*knowledge.Article{
		issued("a", "2024-05-01", "石桥镇建图书馆", "石桥镇", "石桥镇今年建成图书馆12家，藏书五万册。"),
		issued("b", "2024-05-02", "柳林县建图书馆", "柳林县", "柳林县今年建成图书馆30家，全部免费开放。"),
		issued("c", "2024-05-03", "农家书屋", "", "和平村的农家书屋有图书3000册，安和镇的农家书屋有图书7000册。"),
	}, nil)
	e := newEngine(t, Options{}, library)
	for _, c := range []struct {
		question string
		status   Status
		articles []string
		has      []string
	}{
		{"石桥镇和柳林县分别建成了多少家图书馆？", Answered, []string{"a", "b"}, []string{"12家", "30家"}},
		{"石橋鎮與柳林縣分別建成了多少家圖書館？", Answered, []string{"a", "b"}, []string{"12家", "30家"}},
		{"石桥镇和东山县分别建成了多少家图书馆？", Partial, []string{"a"}, []string{"12家"}},
		{"北岭乡和东山县分别建成了多少家图书馆？", NotFound, nil, nil},
		{"和平村和安和镇的农家书屋分别有多少册图书？", Answered, []string{"c"}, []string{"3000册", "7000册"}},
	} {
		a := ask(e, c.question)
		if a.Status != c.status || !slices.Equal(cited(a), c.articles) {
			t.Errorf("%s: %s cites %q: %s", c.question, a.Status, cited(a), a.Text)
		}
		for _, part := range c.has {
			if !strings.Contains(a.Text, part) {
				t.Errorf("%s: %q lacks %s", c.question, a.Text, part)
			}
		}
		if err := Verify(a, library); err != nil {
			t.Errorf("%s: %v", c.question, err)
		}
		eager := e.Ask(context.Background(), Question{Text: c.question, Eager: true})
		if eager.Status == NotFound {
			t.Errorf("%s: not answered eagerly", c.question)
		}
		seen := make(map[string]bool)
		for i, p := range a.Passages {
			if seen[p.ArticleID+p.Text] || i > 0 && p.Score > a.Passages[i-1].Score {
				t.Errorf("%s: passage %d is there twice, or out of order", c.question, i)
			}
			seen[p.ArticleID+p.Text] = true
		}
	}
}

func TestTheSameSentenceIsCitedFromTheNewestOrACorrection(t *testing.T) {
	const text = "石桥镇的老戏台修缮工程投资45万元。"
	old := issued("a", "2024-01-01", "老戏台修缮", "", text)
	recent := issued("b", "2024-02-01", "修缮老戏台", "", text)
	if a := ask(newEngine(t, Options{}, knowledge.NewLibrary([]*knowledge.Article{old, recent}, nil)), "老戏台修缮工程投资多少？"); !slices.Equal(cited(a), []string{"b"}) || len(a.Citations) != 1 {
		t.Errorf("%q: %s", cited(a), a.Text)
	}
	correction := issued("c", "2023-12-31", "更正启事：老戏台修缮", "", text)
	if a := ask(newEngine(t, Options{}, knowledge.NewLibrary([]*knowledge.Article{old, recent, correction}, nil)), "老戏台修缮工程投资多少？"); !slices.Equal(cited(a), []string{"c"}) {
		t.Errorf("%q: %s", cited(a), a.Text)
	}
}

func TestAlike(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"全县种植茶树三百亩，茶农增收。", "全县种植茶树三百亩，茶农增收了。", true},
		{"全县種植茶樹三百畝，茶農增收。", "全县种植茶树三百亩，茶农增收。", true},
		{"全县今年茶叶产量增长5%，创下新高。", "全县今年茶叶产量增长6%，创下新高。", false},
		{"全县种植茶树三百亩，茶农增收。", "两条新路昨天通车，投资不少。", false},
		{"近日举行", "近日举行全县茶树种植技术培训会", false},
	} {
		if got := alike(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %t", c.a, c.b, got)
		}
	}
}
