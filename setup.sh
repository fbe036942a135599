#!/usr/bin/env bash
# Sets up dlbricks on Debian 12 or 13, from nothing but the base system: installs the packages that
# are missing (apt-get, as root or through sudo) and builds.
#
#   ./setup.sh          installs and builds
#   ./setup.sh demo     ... and predicts, measures and compares networks of the project's own zoo
#   ./setup.sh test     ... and passes all tests, as a release build and under the sanitizers
#   ./setup.sh fleet-test  ... and runs a bench as tasks of a Slurm on this host's loopback
set -euo pipefail
cd "$(dirname "$0")"

build_packages=(gcc libc6-dev make cmake pkg-config libdnnl-dev libopenblas-openmp-dev
                libprotobuf-c-dev protobuf-c-compiler libhwloc-dev libjansson-dev libmd-dev)
test_packages=(libcmocka-dev libonnx-testdata clang libclang-rt-dev libomp-dev) # clang: libFuzzer
fleet_packages=(slurm-wlm munge)

die() {
    echo "setup.sh: $*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "needs root to install packages; run as root: $*"
    fi
}

is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install_missing() {
    local missing=() package
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "this is no Debian; install by hand: ${missing[*]}"
    echo "installing: ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# build PRESET [CMAKE OPTION...]
build() {
    local preset=$1
    shift
    cmake --preset "$preset" --log-level=WARNING "$@" >/dev/null
    cmake --build --preset "$preset" --parallel "$(nproc)" -- --no-print-directory -s
}

run_tests() {
    build "$1" -DBUILD_TESTING=ON -DDLB_WERROR=ON
    ctest --preset "$1" --parallel "$(nproc)"
}

case ${1:-build} in
build)
    install_missing "${build_packages[@]}"
    build release -DBUILD_TESTING=OFF
    echo "built: build/release/dlbricks"
    ;;
demo)
    install_missing "${build_packages[@]}"
    build release -DBUILD_TESTING=OFF
    exec build/release/dlbricks validate --hot zoo:alexnet zoo:vgg16 zoo:resnet18 zoo:resnet50 \
        zoo:squeezenet1_1 zoo:mobilenet_v2
    ;;
test)
    install_missing "${build_packages[@]}" "${test_packages[@]}"
    run_tests release
    run_tests sanitize
    run_tests fuzz # a minute per target
    ;;
fleet-test)
    install_missing "${build_packages[@]}" "${fleet_packages[@]}"
    build release -DBUILD_TESTING=OFF
    as_root tests/fleet/slurm.sh build/release/dlbricks
    ;;
*)
    die "usage: ./setup.sh [build|demo|test|fleet-test]"
    ;;
esac
