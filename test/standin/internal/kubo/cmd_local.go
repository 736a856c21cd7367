package kubo

import (
	"context"
	"fmt"
	"os"
	"strings"
)

func init() {
	// These three never go to a daemon; execute knows them.
	register(
		&command{path: "init", opts: "profile:p= algorithm:a= bits:b= empty-repo:e", max: 1},
		&command{path: "daemon", opts: "init init-profile= migrate enable-gc enable-pubsub-experiment enable-namesys-pubsub mount unrestricted-api routing= disable-transport-encryption agent-version-suffix="},
		&command{path: "repo migrate", opts: "allow-downgrade to="},
	)
}

func runInit(_ context.Context, path string, words []string, opts map[string]string) error {
	if base, err := apiBase(path, opts); err == nil && base != "" {
		return usageError{"ipfs daemon is running. please stop it to run this command", "init"}
	}
	if len(words) > 0 {
		return usageError{"the file argument of init is not supported", "init"}
	}
	return initRepo(path, opts["profile"])
}

func runRepoMigrate(path string, opts map[string]string) error {
	b, err := os.ReadFile(path + "/version")
	if err != nil {
		return fmt.Errorf("no IPFS repo found in %s.\nplease run: 'ipfs init'", path)
	}
	have := strings.TrimSpace(string(b))
	if to := opts["to"]; have == repoVersion || to == have {
		fmt.Printf("Repository is already at version %s.\n", have)
		return nil
	}
	return runMigration(path, have)
}
