package kubo

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// migrate brings an older repo up, if asked to.
func migrate(path string, opts map[string]string) error {
	have, err := versionOf(path)
	if err != nil {
		return err
	}
	fmt.Printf("Kubo repository at %s has version %d and needs to be migrated to version %s.\n", path, have, repoVersion)
	if opts["migrate"] == "" {
		if !askMigration(bufio.NewReader(os.Stdin)) {
			fmt.Printf("Not running migrations on repository at %s. Re-run daemon with --migrate or see 'ipfs repo migrate --help'\n", path)
			return errors.New("fs-repo requires migration")
		}
	} else if opts["migrate"] == "false" {
		fmt.Printf("Not running migrations on repository at %s. Re-run daemon with --migrate or see 'ipfs repo migrate --help'\n", path)
		return errors.New("fs-repo requires migration")
	}
	return runMigration(path, have)
}

func askMigration(in *bufio.Reader) bool {
	for i := 0; i < 3; i++ {
		fmt.Print("Run migrations now? [y/N] ")
		l, err := in.ReadString('\n')
		switch strings.ToLower(strings.TrimSpace(l)) {
		case "y", "yes":
			return true
		case "n", "no":
			return false
		case "":
			if err == nil {
				return false
			}
		}
		reason := strings.TrimSpace(l)
		if err != nil {
			reason = err.Error()
		}
		fmt.Printf("Invalid input: %s. Please try again.\n", reason)
	}
	return false
}

// external runs upstream's programs of the steps before 16, where all are in
// the PATH: nothing is downloaded then.
func external(path string, have int) (bool, error) {
	var programs []string
	for v := have; v < 16; v++ {
		program, err := exec.LookPath(fmt.Sprintf("fs-repo-%d-to-%d", v, v+1))
		if err != nil {
			return false, nil
		}
		programs = append(programs, program)
	}
	for _, program := range programs {
		fmt.Printf("Running migration %s using binary from PATH: %s\n", filepath.Base(program), program)
		if out, err := exec.Command(program, "-path="+path, "-verbose=true").CombinedOutput(); err != nil {
			return true, fmt.Errorf("external migration phase failed: migration %s failed: %w\n%s", filepath.Base(program), err, out)
		}
	}
	return true, nil
}

// runMigration takes the steps one by one. Those before 16 would have to be
// downloaded, and there is no internet here.
func runMigration(path string, have int) error {
	wanted, _ := strconv.Atoi(repoVersion)
	if have < 16 {
		step := fmt.Sprintf("fs-repo-%d-to-%d", have, have+1)
		fmt.Printf("Starting hybrid migration from version %d to %d\nUsing hybrid migration strategy: external to v16, then embedded\n", have, wanted)
		fmt.Printf("Phase 1: External migration from v%d to v16\nLooking for suitable migration binaries.\nNeed %d migrations, downloading.\n", have, 16-have)
		if ran, err := external(path, have); ran {
			if err == nil {
				fmt.Printf("Phase 2: Embedded migration from v16 to v%d\n", wanted)
				err = runMigration(path, 16)
			}
			return err
		}
		fmt.Printf("Downloading migration: %s...\nFailed to download migrations.\n", step)
		err := errors.New("external migration phase failed: failed to download migrations: " + step)
		fmt.Printf("Repository migration failed:\n  %v\n", err)
		return err
	}
	fmt.Println("Looking for embedded migrations.")
	for v := have; v < wanted; v++ {
		name := fmt.Sprintf("%d-to-%d", v, v+1)
		fmt.Printf("Running embedded migration fs-repo-%s...\napplying %s repo migration\n", name, name)
		cfg, err := readConfig(path + "/config")
		if err != nil {
			return err
		}
		switch v {
		case 16:
			fmt.Println("> Upgrading config to use AutoConf system")
			useAutoConf(cfg)
		case 17:
			fmt.Println("> Migrating Provider and Reprovider configuration to unified Provide configuration")
			useProvide(cfg)
		}
		if err := cfg.write(path + "/config"); err != nil {
			return err
		}
		if err := writeFile(path+"/version", []byte(strconv.Itoa(v+1)+"\n"), 0o644); err != nil {
			return err
		}
		fmt.Printf("updated version file\nMigration %s succeeded\nEmbedded migration fs-repo-%s completed successfully\n", name, name)
	}
	fmt.Printf("Success: fs-repo migrated to version %s using embedded migrations.\n", repoVersion)
	return nil
}

// useAutoConf writes the placeholder wherever a list is empty, a Bootstrap
// list emptied on purpose included, and whatever AutoConf.Enabled says.
func useAutoConf(cfg config) {
	var own []interface{}
	for _, b := range cfg.list("Bootstrap") {
		if !contains(mainnet, b) {
			own = append(own, b)
		}
	}
	if len(own) == 0 {
		own = autos
	}
	cfg["Bootstrap"] = own
	_ = cfg.set("DNS.Resolvers", map[string]interface{}{".": "auto"})
	_ = cfg.set("Routing.DelegatedRouters", autos)
	_ = cfg.set("Ipns.DelegatedPublishers", autos)
	if _, there := cfg["AutoConf"]; !there {
		cfg["AutoConf"] = map[string]interface{}{}
	}
}

func useProvide(cfg config) {
	for _, move := range [][2]string{
		{"Provider.Enabled", "Provide.Enabled"}, {"Provider.WorkerCount", "Provide.DHT.MaxWorkers"},
		{"Reprovider.Strategy", "Provide.Strategy"}, {"Reprovider.Interval", "Provide.DHT.Interval"},
	} {
		if v, err := cfg.get(move[0]); err == nil && v != nil {
			_ = cfg.set(move[1], v)
		}
	}
	delete(cfg, "Provider")
	delete(cfg, "Reprovider")
}
