package zh

import "testing"

func TestTells(t *testing.T) {
	for _, c := range []struct {
		question, text string
		want           bool
	}{
		{"盾构机直径多大？", "这台大直径的机器掘进了950米。", false},
		{"盾构机直径多大？", "机器的直径为12.6米。", true},
		{"盾构机直径多大？", "一台12.6米直径的机器。", true},
		{"东河村去年产值多少？", "全村年产值3万元。", false},
		{"东河村去年产值多少？", "2023年全村产值3万元。", true},
		{"东河村产值比去年多多少？", "全村产值多了3万元。", true},
		{"东河村人均收入多少？", "全村收入3万元。", false},
		{"东河村人均收入多少？", "村民平均收入3万元。", true},
		{"东河大桥什么时候完工？", "工人5月6日完成200米。", false},
		{"东河大桥什么时候完工？", "大桥5月6日完成施工。", true},
		{"东河村的房价是多少？", "两个村集体经济共增收16万元。", false},
		{"东河公园门票多少钱？", "公园每张票20元。", true},
		{"东河公园门票多少钱？", "公园对市民免费开放。", true},
		{"苹果一斤卖多少钱？", "果农今年增收3万元。", false},
		{"摊位的租金多少？", "摊位月租800元。", true},
		{"东河镇的镇长是谁？", "东河镇党委书记李明说。", false},
		{"东河镇的镇长是谁？", "镇长李明说。", true},
		{"东河大桥什么时候通车？", "5月6日，东河大桥的最后一根梁架好了。", false},
		{"东河大桥什么时候通车？", "5月6日，东河大桥开通。", true},
		{"东河大桥是什么时候建成的？", "大桥于2019年竣工。", true},
		{"培训什么时候开始？", "培训5月6日起举行。", true},
		{"服务中心的电话是多少？", "全镇有12个服务中心。", false},
		{"服务中心的电话是多少？", "可拨打0797-8123456。", true},
		{"李明今年几岁了？", "李明种了20亩地。", false},
		{"盾构机的直径多大？", "隧道全长950米。", false},
		{"东河隧道什么时候挖通？", "5月6日，隧道挖了200米。", false},
		{"果园面积有多少？", "果园占地30亩。", true},
		{"东河大桥全长多少米？", "东河大桥全长950米。", true},
		{"修大桥投资了多少钱？", "大桥全长950米。", false},
	} {
		if got := ParseQuestion(c.question).Tells(Normalize(c.text)); got != c.want {
			t.Errorf("%s is told by %s: %v, want %v", c.question, c.text, got, c.want)
		}
	}
}

func TestCounts(t *testing.T) {
	for _, c := range []struct {
		question, text string
		want           bool
	}{
		{"东河镇有几所小学？", "东河镇与3家企业签约。", false},
		{"东河镇有几所小学？", "东河镇建成3所学校。", true},
		{"建了多少个工作站？", "建了9个工站。", true},
		{"供电公司有多少员工？", "供电公司管理35座变电站。", false},
		{"供电公司有多少员工？", "供电公司有职工120人。", true},
		{"收购比例是多少比例？", "收购其中的45%。", true},
		{"大桥有多长？", "大桥长950米。", true},
	} {
		if got := ParseQuestion(c.question).Counts(Normalize(c.text)); got != c.want {
			t.Errorf("%s is counted by %s: %v, want %v", c.question, c.text, got, c.want)
		}
	}
}
