// Command sbom prints what programs are made of, as an SPDX 2.3 document in JSON.
//
//	sbom VERSION SECONDS PROGRAM...
//
// It reads what the linker recorded in each program, which is what `go version -m -json PROGRAM` prints with Go 1.25. SECONDS
// since 1970 are the time of the release: the same programs give the same bits.
package main

// It is below test/ since the rules for shipped programs do not hold for it: nobody installs it.
import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// licences are those of the modules that may be linked in. One that is not here ends the program.
var licences = map[string]string{
	"github.com/BurntSushi/toml":     "MIT",
	"std":                            "BSD-3-Clause",
	"golang.org/x/sys":               "BSD-3-Clause",
	"github.com/vishvananda/netlink": "Apache-2.0",
	"github.com/vishvananda/netns":   "Apache-2.0",
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	const least = 3
	if len(args) < least {
		return errors.New("usage: sbom VERSION SECONDS PROGRAM, and more programs")
	}
	seconds, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return err
	}
	d := begin(args[0], time.Unix(seconds, 0).UTC())
	for _, program := range args[2:] {
		if err := d.add(program); err != nil {
			return fmt.Errorf("%s: %w", program, err)
		}
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	return out.Encode(d)
}

// The parts of SPDX 2.3 that are used, https://spdx.github.io/spdx-spec/v2.3/.
type (
	document struct {
		SPDXVersion   string         `json:"spdxVersion"`
		DataLicense   string         `json:"dataLicense"`
		SPDXID        string         `json:"SPDXID"`
		Name          string         `json:"name"`
		Namespace     string         `json:"documentNamespace"`
		Creation      creation       `json:"creationInfo"`
		Packages      []pkg          `json:"packages"`
		Files         []file         `json:"files"`
		Relationships []relationship `json:"relationships"`
	}
	creation struct {
		Created  string   `json:"created"`
		Creators []string `json:"creators"`
	}
	pkg struct {
		SPDXID           string        `json:"SPDXID"`
		Name             string        `json:"name"`
		Version          string        `json:"versionInfo"`
		DownloadLocation string        `json:"downloadLocation"`
		FilesAnalyzed    bool          `json:"filesAnalyzed"`
		LicenseConcluded string        `json:"licenseConcluded"`
		LicenseDeclared  string        `json:"licenseDeclared"`
		Copyright        string        `json:"copyrightText"`
		ExternalRefs     []externalRef `json:"externalRefs,omitempty"`
	}
	externalRef struct {
		Category string `json:"referenceCategory"`
		Type     string `json:"referenceType"`
		Locator  string `json:"referenceLocator"`
	}
	file struct {
		SPDXID           string     `json:"SPDXID"`
		Name             string     `json:"fileName"`
		Checksums        []checksum `json:"checksums"`
		LicenseConcluded string     `json:"licenseConcluded"`
		Copyright        string     `json:"copyrightText"`
	}
	checksum struct {
		Algorithm string `json:"algorithm"`
		Value     string `json:"checksumValue"`
	}
	relationship struct {
		From string `json:"spdxElementId"`
		Type string `json:"relationshipType"`
		To   string `json:"relatedSpdxElement"`
	}
)

const (
	documentID = "SPDXRef-DOCUMENT"
	projectID  = "SPDXRef-userns-helpers"
	none       = "NOASSERTION"
)

// begin is the document before any program is in it.
func begin(version string, created time.Time) *document {
	return &document{
		SPDXVersion: "SPDX-2.3", DataLicense: "CC0-1.0", SPDXID: documentID,
		Name:      "userns-helpers-" + version,
		Namespace: "https://spdx.org/spdxdocs/userns-helpers-" + version,
		Creation:  creation{Created: created.Format(time.RFC3339), Creators: []string{"Tool: test/packages/sbom"}},
		Packages: []pkg{{
			SPDXID: projectID, Name: "userns-helpers", Version: version, DownloadLocation: none,
			LicenseConcluded: "BSD-3-Clause", LicenseDeclared: "BSD-3-Clause", Copyright: none,
		}},
		Relationships: []relationship{{documentID, "DESCRIBES", projectID}},
	}
}

// add reads one program, and adds it and the modules that are linked into it.
func (d *document) add(program string) error {
	text, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	id := "SPDXRef-" + filepath.Base(program)
	d.Files = append(d.Files, file{
		SPDXID: id, Name: "./" + filepath.Base(program), LicenseConcluded: none, Copyright: none,
		Checksums: []checksum{{"SHA256", hex.EncodeToString(sum[:])}},
	})
	d.Relationships = append(d.Relationships, relationship{projectID, "CONTAINS", id})
	if err := d.link(id, "std", info.GoVersion[len("go"):]); err != nil {
		return err
	}
	for _, module := range info.Deps {
		if err := d.link(id, module.Path, module.Version); err != nil {
			return err
		}
	}
	return nil
}

// link says that a module is linked into the file id, and describes the module the first time.
func (d *document) link(id, path, version string) error {
	licence, known := licences[path]
	if !known {
		return fmt.Errorf("the licence of %s is not known here", path)
	}
	module := "SPDXRef-module-" + hex.EncodeToString([]byte(path))
	if !slices.ContainsFunc(d.Packages, func(p pkg) bool { return p.SPDXID == module }) {
		d.Packages = append(d.Packages, pkg{
			SPDXID: module, Name: path, Version: version, DownloadLocation: none,
			LicenseConcluded: licence, LicenseDeclared: licence, Copyright: none,
			ExternalRefs: []externalRef{{"PACKAGE-MANAGER", "purl", "pkg:golang/" + path + "@" + version}},
		})
	}
	d.Relationships = append(d.Relationships, relationship{id, "STATIC_LINK", module})
	return nil
}
