//go:build tools

package main

import _ "istio.io/api/networking/v1"
