// Package packages holds tests that install, upgrade and remove the project's packages, and the distribution's own, while
// an ordinary user's program watches the paths that callers use.
//
// They need root, and run in a private copy of the machine, on overlays of a Debian root that test/run packages makes:
// see there. The machine itself has none of the packages at any time.
package packages
