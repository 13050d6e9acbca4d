# Two commands: `make demo` shows the product, `make test` proves it. Both install what they need.
.PHONY: demo test check build assets docs bench package clean help

help:
	@echo "make demo     build what is needed and run a throw-away national CA at http://localhost:8080"
	@echo "make test     install what the tests need and run all of them"
	@echo "make check    the fast part of the tests: format, lints, unit tests"
	@echo "make build    the release program with the browser part embedded: target/release/tanba"
	@echo "make package  the Debian package of the agent: target/package"
	@echo "make bench    the measurements of docs/benchmarks.md"

demo: build
	@exec target/release/tanba demo $(DEMO_ARGS)

build: assets
	@cargo build --release -p tanba-cli --features embed-assets

assets:
	@scripts/setup.sh build
	@scripts/build-assets.sh

check:
	@scripts/setup.sh build
	@scripts/check.sh

test:
	@scripts/setup.sh test
	@scripts/test.sh

package:
	@scripts/setup.sh package
	@scripts/build-assets.sh typeface
	@AWS_LC_SYS_NO_JITTER_ENTROPY=1 cargo build --profile packaged -p tanba-agent --features packaged
	@scripts/package.sh target/packaged/tanba-agent target/package

bench: build
	@scripts/bench.sh

clean:
	@cargo clean
	@rm -rf crates/cabinet/web/node_modules tests/browser/node_modules
