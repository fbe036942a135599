// Other machines than this one: topologies out of hwloc's own descriptions, and CPUs whose answers
// are a script.
#include "tests/test.h"

#include <stdio.h>

#include "bricks/machine_cpu.h"

#define BIT(n) (1u << (n))

enum { SSE_AVX = BIT(19) | BIT(28), VIRTUAL = BIT(31) };
static const uint64_t saves_ymm = 0x7, saves_zmm = 0xe7, saves_tiles = 0x600e7;
static const uint32_t avx512 = BIT(16) | BIT(17) | BIT(30) | BIT(31);

struct script {
    const char *vendor, *brand, *hypervisor;
    uint32_t id, features; // leaf 1: eax, ecx
    struct cpuid seven, seven_one;
    uint64_t saved;
};

// Numbers as the makers document them (AMD 57228, Intel SDM volume 2, CPUID).
static const struct script genoa = {
    .vendor = "AuthenticAMD",
    .brand = "AMD EPYC 9R14",
    .hypervisor = "KVMKVMKVM",
    .id = 0x00a10f11,
    .features = SSE_AVX | VIRTUAL,
    .seven = {{[EBX] = BIT(5) | avx512, [ECX] = BIT(11)}},
    .seven_one = {{[EAX] = BIT(5)}},
    .saved = saves_zmm,
};
static const struct script sapphire_rapids = {
    .vendor = "GenuineIntel",
    .brand = "  Intel(R) Xeon(R) Platinum 8488C",
    .id = 0x000806f8,
    .features = SSE_AVX,
    .seven =
        {{[EBX] = BIT(5) | avx512, [ECX] = BIT(11), [EDX] = BIT(22) | BIT(23) | BIT(24) | BIT(25)}},
    .seven_one = {{[EAX] = BIT(4) | BIT(5)}},
    .saved = saves_tiles,
};
static const struct script alder_lake = {
    .vendor = "GenuineIntel",
    .brand = "12th Gen Intel(R) Core(TM) i5-12400",
    .id = 0x00090672,
    .features = SSE_AVX,
    .seven = {{[EBX] = BIT(5)}},
    .seven_one = {{[EAX] = BIT(4)}},
    .saved = saves_ymm,
};

static struct script played;

static struct cpuid name_in(const char *name, int first, int second, int third)
{
    char raw[13] = "";
    struct cpuid c = {{0}};
    snprintf(raw, sizeof raw, "%s", name);
    memcpy(&c.reg[first], raw, 4);
    memcpy(&c.reg[second], raw + 4, 4);
    memcpy(&c.reg[third], raw + 8, 4);
    return c;
}

static struct cpuid brand_part(uint32_t part)
{
    char brand[48] = "";
    struct cpuid c;
    snprintf(brand, sizeof brand, "%s", played.brand);
    memcpy(c.reg, brand + part * sizeof c.reg, sizeof c.reg);
    return c;
}

static struct cpuid play_cpuid(uint32_t leaf, uint32_t subleaf)
{
    if (leaf == 0)
        return name_in(played.vendor, EBX, EDX, ECX);
    if (leaf == 1)
        return (struct cpuid){{[EAX] = played.id, [ECX] = played.features}};
    if (leaf == 7)
        return subleaf ? played.seven_one : played.seven;
    if (leaf == 0x40000000u)
        return name_in(played.hypervisor, EBX, ECX, EDX);
    return leaf >= 0x80000002u && leaf <= 0x80000004u ? brand_part(leaf - 0x80000002u)
                                                      : (struct cpuid){{0}};
}

static uint64_t play_saved_state(void)
{
    return played.saved;
}

static struct machine detect(const struct script *script, const char *synthetic, const char *xml)
{
    static const struct cpu_reader reader = {play_cpuid, play_saved_state};
    struct machine m;
    struct error err = {0};
    played = *script;
    if (synthetic)
        setenv("HWLOC_SYNTHETIC", synthetic, 1);
    if (xml)
        setenv("HWLOC_XMLFILE", xml, 1);
    int status = machine_detect_on(&m, &reader, &err);
    unsetenv("HWLOC_SYNTHETIC");
    unsetenv("HWLOC_XMLFILE");
    if (status)
        fail_msg("%s", err.text);
    return m;
}

#define CORE "l2:1(size=1048576) l1d:1(size=32768) core:1 "
#define FOUR "l2:4(size=1048576) l1d:1(size=32768) core:1 "

// Expected: "packages nodes cores threads", "bytes,cores,instances" of each cache.
static const struct {
    const char *what;
    const struct script *script;
    const char *synthetic, *xml;
    const char *counts, *caches, *kinds, *isa, *numbers, *slug;
} cases[] = {
    {"one socket", &genoa, "pack:1 [numa] l3:1(size=33554432) " FOUR "pu:2", NULL, "1 1 4 8",
     "32768,1,4 1048576,1,4 33554432,4,1", "", "avx512_core_bf16", "25/17/1", "amd-epyc-9r14-4c-"},
    {"one socket, no SMT", &genoa, "pack:1 [numa] l3:1(size=33554432) " FOUR "pu:1", NULL,
     "1 1 4 4", "32768,1,4 1048576,1,4 33554432,4,1", "", "avx512_core_bf16", "25/17/1",
     "amd-epyc-9r14-4c-"},
    {"one core", &genoa, "pack:1 [numa] l3:1(size=33554432) " CORE "pu:2", NULL, "1 1 1 2",
     "32768,1,1 1048576,1,1 33554432,1,1", "", "avx512_core_bf16", "25/17/1", "amd-epyc-9r14-1c-"},
    {"two sockets", &sapphire_rapids, "pack:2 [numa] l3:1(size=110100480) " FOUR "pu:2", NULL,
     "2 2 8 16", "32768,1,8 1048576,1,8 110100480,4,2", "", "avx512_core_amx", "6/143/8",
     "intel-xeon-platinum-8488c-8c-"},
    {"many NUMA nodes", &genoa, "pack:2 group:4 [numa] l3:2(size=33554432) " FOUR "pu:2", NULL,
     "2 8 64 128", "32768,1,64 1048576,1,64 33554432,4,16", "", "avx512_core_bf16", "25/17/1",
     "amd-epyc-9r14-64c-"},
    // Two cores of two threads, and four smaller ones of one that share a cache. The file holds no
    // comment: hwloc without libxml reads only what it writes itself.
    {"hybrid", &alder_lake, NULL, SOURCE_DIR "/tests/bricks/topologies/hybrid.xml", "1 1 6 8",
     "49152,1,6 1310720,1,3 12582912,6,1",
     "4*1t,32768/1,2097152/4,12582912/6+2*2t,49152/1,1310720/1,12582912/6", "avx2_vnni", "6/151/2",
     "12th-gen-intel-core-i5-12400-6c-"},
};

static struct machine detect_case(size_t i)
{
    return detect(cases[i].script, cases[i].synthetic, cases[i].xml);
}

static void detect__each_topology_is_what_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct machine m = detect_case(i);
        char counts[64], numbers[64], key[128];
        struct str caches = STR_INIT;
        snprintf(counts, sizeof counts, "%d %d %d %d", m.packages, m.numa_nodes, m.cores,
                 m.threads);
        snprintf(numbers, sizeof numbers, "%d/%d/%d", m.family, m.model, m.stepping);
        for (int k = 0; k < m.n_caches; k++)
            str_addf(&caches, "%s%zu,%d,%d", k ? " " : "", m.caches[k].bytes, m.caches[k].cores,
                     m.caches[k].instances);
        machine_key(&m, key, sizeof key);
        assert_string_equal(counts, cases[i].counts);
        assert_string_equal(caches.text, cases[i].caches);
        assert_string_equal(m.core_kinds, cases[i].kinds);
        assert_string_equal(m.isa, cases[i].isa);
        assert_string_equal(numbers, cases[i].numbers);
        assert_string_equal(m.vendor, cases[i].script->vendor);
        assert_string_equal(m.hypervisor,
                            cases[i].script->hypervisor ? cases[i].script->hypervisor : "");
        assert_memory_equal(key, cases[i].slug, strlen(cases[i].slug));
        assert_int_equal(strlen(key), strlen(cases[i].slug) + 8);
        str_release(&caches);
    }
}

static void key__is_the_same_again_and_of_one_topology_only(void **state)
{
    (void)state;
    char keys[N_ELEMENTS(cases)][128], again[128];
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct machine m = detect_case(i);
        machine_key(&m, keys[i], sizeof keys[i]);
        m = detect_case(i);
        machine_key(&m, again, sizeof again);
        assert_string_equal(keys[i], again);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(keys[i], keys[k]);
    }
}

static void relatives__are_the_sizes_with_the_same_threads_per_core(void **state)
{
    (void)state;
    enum { SOCKET, NO_SMT, ONE_CORE, TWO_SOCKETS, NODES, HYBRID };
    static const struct {
        int a, b;
        bool relative;
    } pairs[] = {{SOCKET, ONE_CORE, true},     {SOCKET, NODES, true},   {ONE_CORE, NODES, true},
                 {SOCKET, NO_SMT, false},      {NO_SMT, NODES, false},  {SOCKET, SOCKET, false},
                 {SOCKET, TWO_SOCKETS, false}, {HYBRID, HYBRID, false}, {HYBRID, SOCKET, false}};
    for (size_t i = 0; i < N_ELEMENTS(pairs); i++) {
        struct machine a = detect_case((size_t)pairs[i].a), b = detect_case((size_t)pairs[i].b);
        assert_int_equal(machine_is_relative(&a, &b), pairs[i].relative);
        assert_int_equal(machine_is_relative(&b, &a), pairs[i].relative);
    }
}

// What an operating system does not save cannot be used; what a CPU lacks neither.
static void isa__is_the_best_that_cpu_and_kernel_have(void **state)
{
    (void)state;
    static const struct {
        uint64_t saved;
        uint32_t missing_ebx; // of leaf 7
        const char *isa;
    } capped[] = {
        {0x600e7, 0, "avx512_core_amx"}, {0xe7, 0, "avx512_core_fp16"},
        {0x7, 0, "avx2_vnni"},           {0, 0, "sse41"},
        {0x600e7, BIT(31), "avx2_vnni"}, {0x600e7, BIT(5), "avx"},
    };
    for (size_t i = 0; i < N_ELEMENTS(capped); i++) {
        struct script script = sapphire_rapids;
        script.saved = capped[i].saved;
        script.seven.reg[EBX] &= ~capped[i].missing_ebx;
        struct machine m = detect(&script, cases[0].synthetic, NULL);
        assert_string_equal(m.isa, capped[i].isa);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(detect__each_topology_is_what_it_says),
        cmocka_unit_test(key__is_the_same_again_and_of_one_topology_only),
        cmocka_unit_test(relatives__are_the_sizes_with_the_same_threads_per_core),
        cmocka_unit_test(isa__is_the_best_that_cpu_and_kernel_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
