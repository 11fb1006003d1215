package message

import (
	"fmt"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins/pluginpb"
)

func diagnostic(d diag.Diagnostic) *pluginpb.Diagnostic {
	return &pluginpb.Diagnostic{
		Severity: pluginpb.Severity(d.Severity), Code: d.Code, Span: span(d.Span), Message: []byte(d.Message),
		Expected: []byte(d.Expected), Hint: []byte(d.Hint), Url: d.URL,
		Notes: each(d.Notes, func(n diag.Note) *pluginpb.Note {
			return &pluginpb.Note{Label: []byte(n.Label), Text: []byte(n.Text)}
		}),
		Related: each(d.Related, func(r diag.Related) *pluginpb.Related {
			return &pluginpb.Related{Span: span(r.Span), Message: []byte(r.Message)}
		}),
		Fixes: each(d.Fixes, func(f diag.Fix) *pluginpb.Fix {
			return &pluginpb.Fix{Message: []byte(f.Message), Safe: f.Safe, Edits: each(f.Edits, textEdit)}
		}),
	}
}

func readDiagnostic(p *pluginpb.Diagnostic) (diag.Diagnostic, error) {
	if _, known := pluginpb.Severity_name[int32(p.GetSeverity())]; !known {
		return diag.Diagnostic{}, fmt.Errorf("the severity %d of %q is not known to this version of strake", p.GetSeverity(), p.GetCode())
	}
	return diag.Diagnostic{
		Severity: diag.Severity(p.GetSeverity()), Code: p.GetCode(), Span: readSpan(p.GetSpan()), Message: text(p.GetMessage()),
		Expected: text(p.GetExpected()), Hint: text(p.GetHint()), URL: p.GetUrl(),
		Notes: each(p.GetNotes(), func(p *pluginpb.Note) diag.Note {
			return diag.Note{Label: text(p.GetLabel()), Text: text(p.GetText())}
		}),
		Related: each(p.GetRelated(), func(p *pluginpb.Related) diag.Related {
			return diag.Related{Span: readSpan(p.GetSpan()), Message: text(p.GetMessage())}
		}),
		Fixes: each(p.GetFixes(), func(p *pluginpb.Fix) diag.Fix {
			return diag.Fix{Message: text(p.GetMessage()), Safe: p.GetSafe(), Edits: each(p.GetEdits(), readTextEdit)}
		}),
	}, nil
}

func textEdit(e diag.Edit) *pluginpb.TextEdit {
	return &pluginpb.TextEdit{Span: span(e.Span), New: []byte(e.New)}
}

func readTextEdit(p *pluginpb.TextEdit) diag.Edit {
	return diag.Edit{Span: readSpan(p.GetSpan()), New: text(p.GetNew())}
}

// span leaves out the zero span, which is no place.
func span(s source.Span) *pluginpb.Span {
	if s.IsZero() {
		return nil
	}
	return &pluginpb.Span{File: uint32(s.File), Start: s.Start, End: s.End}
}

func readSpan(p *pluginpb.Span) source.Span {
	return source.Span{File: source.FileID(p.GetFile()), Start: p.GetStart(), End: p.GetEnd()}
}
