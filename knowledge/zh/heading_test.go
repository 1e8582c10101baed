package zh

import (
	"slices"
	"testing"
)

func TestQuestionsWithoutAQuestionWord(t *testing.T) {
	for text, want := range map[string]struct {
		kind Kind
		left string
		unit string // one that the figure may have
	}{
		"村民夜校报名时间":     {Time, "村民夜校报名", ""},
		"东河大桥的通车日期？":   {Time, "东河大桥的通车", ""},
		"东河大桥通车时间是？":   {Time, "东河大桥通车", ""},
		"竹荪基地地址":       {Place, "竹荪基地", ""},
		"本届龙舟赛冠军":      {Person, "本届龙舟赛冠军", ""},
		"东河大桥长度":       {Number, "东河大桥长度", "米"},
		"景区门票价格":       {Number, "景区门票价格", "元"},
		"东河镇高考报名人数":    {Number, "东河镇高考报名人数", "名"},
		"去年全县旅游客流量":    {Number, "去年全县旅游客流量", ""},
		"东河镇人均收入增幅":    {Number, "东河镇人均收入增幅", "%"},
		"停水原因":         {Reason, "停水", ""},
		"东河镇空气质量":      {What, "", ""},
		"时间":           {What, "", ""},
		"大桥通车":         {What, "", ""},
		"通车时间推迟了吗":     {YesNo, "通车时间推迟了", ""},
		"西山村那几年的茶叶怎么样": {How, "西山村那几年的茶叶", ""},
		"镇里争取了多少项目资金":  {Number, "镇里争取了", "元"},
		"赔付用了多少时间":     {Number, "赔付用了", "小时"},
	} {
		q := ParseQuestion(text)
		if q.Kind != want.kind || want.left != "" && q.Left != want.left || want.unit != "" && !slices.Contains(q.Units, want.unit) || want.unit == "" && len(q.Units) > 0 {
			t.Errorf("%s: kind %d, left %q, units %q, want %+v", text, q.Kind, q.Left, q.Units, want)
		}
	}
}

func TestSuits(t *testing.T) {
	for _, c := range []struct {
		question, answer string
		want             bool
	}{
		{"东河大桥什么时候通车？", "东河大桥11月20日通车。", true},
		{"东河大桥通车时间", "东河大桥今天通车。", false},
		{"东河大桥通车时间", "东河大桥将于年底通车。", true},
		{"东河大桥什么时候通车？", "东河大桥通车在即,部分路段管制。", false},
		{"2024年东河大桥通车时间", "2024年的东河大桥通车了。", false},
		{"这座塔什么时候建的？", "塔建于唐末。", true},
		{"这种兵器什么时候有的？", "20世纪初才有。", true},
		{"前哨什么时候撤的？", "四国征伐后,前哨就撤了。", true},
		{"班组有多少个？", "公司管理班组。", false},
		{"大桥有多长？", "大桥全长1.6km。", true},
		{"大桥投资多少元？", "大桥全长1.6公里。", false},
		{"要清退多少辆车？", "要清退3517 辆。", true},
		{"说这种话的有多少人？", "说它的约有150万。", true},
		{"有多少人去世？", "一半以上没有活下来。", true},
		{"谁造的桥？", "桥造好了。", true},
	} {
		if got := ParseQuestion(c.question).Suits(Normalize(c.answer)); got != c.want {
			t.Errorf("%s %s: %t", c.question, c.answer, got)
		}
	}
}

func TestOppositions(t *testing.T) {
	for _, c := range []struct {
		question, text string
		want           bool
	}{
		{"国内机票均价多少？", "国际机票均价6696元", true},
		{"国内机票均价多少？", "国内机票1293元,国际机票6696元", false},
		{"国内机票均价多少？", "机票均价900元", false},
		{"国内和国际机票均价多少？", "国际机票均价6696元", false},
		{"决赛几点开始？", "半决赛8点开始", true},
		{"半决赛几点开始？", "半决赛8点开始,决赛9点", false},
		{"票价多少？", "国际机票均价6696元", false},
	} {
		got := slices.ContainsFunc(Oppositions(Normalize(c.question)), func(o Opposition) bool { return o.Against(Normalize(c.text)) })
		if got != c.want {
			t.Errorf("%s %s: %t", c.question, c.text, got)
		}
	}
}

func TestFigureUnits(t *testing.T) {
	for text, want := range map[string]string{"3517 辆": "辆", "30km": "公里", "80-95cm": "", "46,600m²,": "平方米", "30min": "", "5mil": "", "20 m": "米", "3  辆": "", "12G": ""} {
		if f := Figures(text); len(f) == 0 || f[0].Unit != want {
			t.Errorf("%s: %+v, want %q", text, f, want)
		}
	}
}

func TestUnfolds(t *testing.T) {
	for _, c := range []struct {
		question, text string
		want           bool
	}{
		{"“三联三共”指什么？", "以联村、联心、联产实现共建、共享、共富的“三联三共”工作站", true},
		{"“三联三共”指什么？", "建立“三联三共”工作站", false},
		{"“四好农村路”是什么意思？", "“四好农村路”即建好、管好、护好、运营好农村公路", true},
		{"“四好农村路”是什么意思？", "“四好农村路”连接甲村、乙村、丙村", false},
		{"“四好农村路”有多长？", "“四好农村路”即建好、管好、护好、运营好", false},
		{"“新桥”是什么？", "“新桥”连接甲村、乙村", false},
	} {
		if got := ParseQuestion(c.question).Unfolds(Normalize(c.text)); got != c.want {
			t.Errorf("%s %s: %t", c.question, c.text, got)
		}
	}
}
