package message

import (
	"fmt"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins/pb"
)

func diagnostic(d diag.Diagnostic) *pb.Diagnostic {
	return &pb.Diagnostic{
		Severity: pb.Severity(d.Severity), Code: d.Code, Span: span(d.Span), Message: []byte(d.Message),
		Expected: []byte(d.Expected), Hint: []byte(d.Hint), Url: d.URL,
		Notes: each(d.Notes, func(n diag.Note) *pb.Note {
			return &pb.Note{Label: []byte(n.Label), Text: []byte(n.Text)}
		}),
		Related: each(d.Related, func(r diag.Related) *pb.Related {
			return &pb.Related{Span: span(r.Span), Message: []byte(r.Message)}
		}),
		Fixes: each(d.Fixes, func(f diag.Fix) *pb.Fix {
			return &pb.Fix{Message: []byte(f.Message), Safe: f.Safe, Edits: each(f.Edits, textEdit)}
		}),
	}
}

func readDiagnostic(p *pb.Diagnostic) (diag.Diagnostic, error) {
	if _, known := pb.Severity_name[int32(p.GetSeverity())]; !known {
		return diag.Diagnostic{}, fmt.Errorf("the severity %d of %q is not known to this version of strake", p.GetSeverity(), p.GetCode())
	}
	return diag.Diagnostic{
		Severity: diag.Severity(p.GetSeverity()), Code: p.GetCode(), Span: readSpan(p.GetSpan()), Message: text(p.GetMessage()),
		Expected: text(p.GetExpected()), Hint: text(p.GetHint()), URL: p.GetUrl(),
		Notes: each(p.GetNotes(), func(p *pb.Note) diag.Note {
			return diag.Note{Label: text(p.GetLabel()), Text: text(p.GetText())}
		}),
		Related: each(p.GetRelated(), func(p *pb.Related) diag.Related {
			return diag.Related{Span: readSpan(p.GetSpan()), Message: text(p.GetMessage())}
		}),
		Fixes: each(p.GetFixes(), func(p *pb.Fix) diag.Fix {
			return diag.Fix{Message: text(p.GetMessage()), Safe: p.GetSafe(), Edits: each(p.GetEdits(), readTextEdit)}
		}),
	}, nil
}

func textEdit(e diag.Edit) *pb.TextEdit {
	return &pb.TextEdit{Span: span(e.Span), New: []byte(e.New)}
}

func readTextEdit(p *pb.TextEdit) diag.Edit {
	return diag.Edit{Span: readSpan(p.GetSpan()), New: text(p.GetNew())}
}

// span leaves out the zero span, which is no place.
func span(s source.Span) *pb.Span {
	if s.IsZero() {
		return nil
	}
	return &pb.Span{File: uint32(s.File), Start: s.Start, End: s.End}
}

func readSpan(p *pb.Span) source.Span {
	return source.Span{File: source.FileID(p.GetFile()), Start: p.GetStart(), End: p.GetEnd()}
}
