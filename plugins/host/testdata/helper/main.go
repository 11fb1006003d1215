// Command helper is what strake is for a sandbox.
package main

import _ "github.com/seed-e0495807/strake/plugins/host/helper"

func main() {}
