package kubo

import (
	"context"
	"errors"
	"fmt"
	"strconv"
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
		return errors.New("ipfs daemon is running. please stop it to run this command\nUse 'ipfs init --help' for information about this command")
	}
	if len(words) > 0 {
		return errors.New("the file argument of init is not supported")
	}
	return initRepo(path, opts["profile"])
}

func runRepoMigrate(path string, opts map[string]string) error {
	if !initialized(path) {
		return fmt.Errorf("no IPFS repo found in %s.\nplease run: 'ipfs init'", path)
	}
	have, err := versionOf(path)
	if err != nil {
		return err
	}
	if to := opts["to"]; repoVersion == strconv.Itoa(have) || to == strconv.Itoa(have) {
		fmt.Printf("Repository is already at version %d.\n", have)
		return nil
	}
	return runMigration(path, have)
}
