// Package image has the commands about the images of the local store.
package image

import "github.com/seed-e0495807/strake/cmd/internal/cli"

// Commands are the commands of images, in the order in which the overview lists them.
func Commands() []cli.Maker {
	return []cli.Maker{
		{Name: "images", Make: listCommand},
		{Name: "history", Make: historyCommand},
		{Name: "tag", Make: tagCommand},
		{Name: "rmi", Make: rmiCommand},
		{Name: "save", Make: saveCommand},
		{Name: "load", Make: loadCommand},
		{Name: "import", Make: importCommand},
		{Name: "push", Make: pushCommand},
		{Name: "pull", Make: pullCommand},
		{Name: "fsck", Make: fsckCommand},
	}
}
