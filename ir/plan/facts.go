package plan

import "github.com/seed-e0495807/strake/ir"

// Fact is something that planning found out about an instruction and that does not show in
// the steps: what the author may not have meant, although it can be built. A fact gives no
// verdict; that is for the rules of package lint. Its dynamic type is one of those below.
type Fact interface {
	// At is the instruction. That of an ONBUILD trigger goes back to the FROM which
	// brought it.
	At() *ir.Origin
}

// OnStage is the FROM that a fact is about.
type OnStage struct{ Stage *ir.Stage }

// At implements Fact.
func (f OnStage) At() *ir.Origin { return f.Stage.Origin }

// OnOp is the op that a fact is about.
type OnOp struct{ Op *ir.Op }

// At implements Fact.
func (f OnOp) At() *ir.Origin { return f.Op.Origin }

type (
	// BaseWithoutName: with the defaults of its arguments a FROM names no image, so that
	// it builds with a --build-arg only.
	BaseWithoutName struct{ OnStage }

	// UndeclaredArg: a FROM uses a variable that no ARG in front of it declares.
	UndeclaredArg struct {
		OnStage
		Name, Near string // Near is a name that was perhaps meant, "" is none
	}

	// PlatformFlag: a FROM has a --platform.
	PlatformFlag struct {
		OnStage
		Value      string   // with its variables expanded
		Set, Unset []string // the variables in it that have a value, and that have none
		Target     string   // the value of TARGETPLATFORM
	}

	// OtherPlatform: a base image is for another platform than the stage.
	OtherPlatform struct {
		Origin    *ir.Origin // the FROM, or the step that copies or mounts from the image
		Base      string     // as it was asked for
		Want, Got string     // normalised
	}
)

// At implements Fact.
func (f OtherPlatform) At() *ir.Origin { return f.Origin }

type (
	// UnsetVariable: a word uses a variable that nothing sets. Where nothing is known of
	// the base image there are none.
	UnsetVariable struct {
		OnOp
		Name, Near string
	}

	// LegacyPair: ENV or LABEL has a key and its value without an equals sign.
	LegacyPair struct{ OnOp }

	// Declared: ARG or ENV gives a name, which the image or its history keeps.
	Declared struct {
		OnOp
		Key string // of an ARG as written, of an ENV expanded
	}

	// Void: a later CMD, ENTRYPOINT or HEALTHCHECK of the stage takes the place of this one.
	Void struct {
		OnOp
		By *ir.Op
	}

	// DefaultShell: a CMD or ENTRYPOINT in shell form has a shell that nobody chose.
	DefaultShell struct{ OnOp }

	// RelativeDir: the first WORKDIR of a stage is relative: what it means is up to the
	// base image.
	RelativeDir struct {
		OnOp
		Path string // expanded
	}

	// Port: EXPOSE has a port.
	Port struct {
		OnOp
		Spec string // expanded, as BuildKit reads it: [[ip:]public:]private[/protocol]
	}

	// IgnoredFile: COPY or ADD reads a path that the build context leaves out.
	IgnoredFile struct {
		OnOp
		Path string // clean, with slashes
	}
)
