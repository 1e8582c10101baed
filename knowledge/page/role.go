package page

// role is what a line is on the page.
type role uint8

const (
	headline   role = iota // starts an article, unless a kicker did
	headline2              // the second half of a headline
	kicker                 // the line above a headline; starts an article
	subtitle               // the line below it
	bylineRole             // authors on a line of their own
	heading                // an intertitle
	paragraph              // a paragraph, or its first part
	joined                 // goes on where the article's last line broke off
	resumed                // the same, for an article that others have interrupted, or that has a gap
	loose                  // starts in mid-sentence, and where that began is not above
	authorEnd              // authors on a line of their own at the end
	caption                // an article without a title, interrupts the one around it
	credit                 // the photographer, on the line below
	noticeHead             // a notice's title
	noticeBody             // its text
	furniture              // page number, date, section, staff
	orphan                 // text of an article without a headline; starts one
	roleCount
)

var roleNames = [roleCount]string{"headline", "headline2", "kicker", "subtitle", "byline", "heading", "paragraph",
	"joined", "resumed", "loose", "author", "caption", "credit", "notice-title", "notice", "furniture", "orphan"}

func (r role) String() string { return roleNames[r] }

// aside reports whether a line of this role interrupts an article without
// being part of one.
func (r role) aside() bool {
	switch r {
	case caption, credit, noticeHead, noticeBody, furniture:
		return true
	}
	return false
}
