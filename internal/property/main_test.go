package property_test

import (
	"os"
	"testing"

	"parley/internal/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }
