// Reads this machine: topology and sizes from hwloc, names and instruction sets from cpuid.
#include "bricks/machine.h"

#include <cpuid.h>
#include <hwloc.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "base/json.h"

struct cpuid {
    uint32_t reg[4]; // eax, ebx, ecx, edx
};
enum { EAX, EBX, ECX, EDX };

// All zero where the CPU does not have the leaf.
static struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid c = {{0}};
    if (!__get_cpuid_count(leaf, subleaf, &c.reg[EAX], &c.reg[EBX], &c.reg[ECX], &c.reg[EDX]))
        return (struct cpuid){{0}};
    return c;
}

// State components that the operating system saves: 0 if it does not use xsave.
static uint64_t xgetbv0(void)
{
    enum { OSXSAVE = 27 };
    if (!(cpuid(1, 0).reg[ECX] >> OSXSAVE & 1))
        return 0;
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

enum { XMM_YMM = 0x6, ZMM = 0xe6, TILE = 0x600e6 };

// Instruction sets as oneDNN names them; a CPU has one if it has this row's features and those of
// the rows that it stands on (bits of `needs`: rows above).
enum { SSE41, AVX, AVX2, AVX2_VNNI, CORE, VNNI, BF16, FP16, AMX, N_ISAS };
#define NEEDS(row) (1u << (row))

static const struct isa {
    const char *name;
    unsigned needs;
    uint64_t saved; // state components
    uint32_t leaf, subleaf;
    struct cpuid bits;
} isas[N_ISAS] = {
    [SSE41] = {"sse41", 0, 0, 1, 0, {{[ECX] = 1u << 19}}},
    [AVX] = {"avx", NEEDS(SSE41), XMM_YMM, 1, 0, {{[ECX] = 1u << 28}}},
    [AVX2] = {"avx2", NEEDS(AVX), XMM_YMM, 7, 0, {{[EBX] = 1u << 5}}},
    [AVX2_VNNI] = {"avx2_vnni", NEEDS(AVX2), XMM_YMM, 7, 1, {{[EAX] = 1u << 4}}},
    // F, DQ, BW and VL
    [CORE] = {"avx512_core",
              NEEDS(AVX2),
              ZMM,
              7,
              0,
              {{[EBX] = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31}}},
    [VNNI] = {"avx512_core_vnni", NEEDS(CORE), ZMM, 7, 0, {{[ECX] = 1u << 11}}},
    [BF16] = {"avx512_core_bf16", NEEDS(VNNI), ZMM, 7, 1, {{[EAX] = 1u << 5}}},
    [FP16] = {"avx512_core_fp16", NEEDS(BF16) | NEEDS(AVX2_VNNI), ZMM, 7, 0, {{[EDX] = 1u << 23}}},
    // bf16, tile and int8
    [AMX] =
        {"avx512_core_amx", NEEDS(FP16), TILE, 7, 0, {{[EDX] = 1u << 22 | 1u << 24 | 1u << 25}}},
};

static bool has_bits(const struct isa *isa)
{
    struct cpuid c = cpuid(isa->leaf, isa->subleaf);
    for (int r = 0; r < 4; r++)
        if ((c.reg[r] & isa->bits.reg[r]) != isa->bits.reg[r])
            return false;
    return true;
}

static const char *best_isa(void)
{
    uint64_t saved = xgetbv0();
    unsigned have = 0;
    const char *best = "x86";
    for (int i = 0; i < N_ISAS; i++) {
        const struct isa *isa = &isas[i];
        if ((have & isa->needs) != isa->needs || (saved & isa->saved) != isa->saved ||
            !has_bits(isa))
            continue;
        have |= NEEDS(i);
        best = isa->name;
    }
    return best;
}

// Twelve bytes of a vendor's name stand in three registers, in this order.
static void vendor_name(struct cpuid c, int first, int second, int third, char *out, size_t size)
{
    char raw[13] = "";
    memcpy(raw, &c.reg[first], 4);
    memcpy(raw + 4, &c.reg[second], 4);
    memcpy(raw + 8, &c.reg[third], 4);
    printable(out, size, raw);
}

static void detect_brand(struct machine *m)
{
    char brand[49] = "";
    for (uint32_t i = 0; i < 3; i++) {
        struct cpuid c = cpuid(0x80000002u + i, 0);
        memcpy(brand + i * 16, c.reg, 16);
    }
    char *start = brand + strspn(brand, " ");
    for (size_t n = strlen(start); n && start[n - 1] == ' '; n--)
        start[n - 1] = '\0';
    printable(m->cpu, sizeof m->cpu, start);
}

static void detect_cpu(struct machine *m)
{
    vendor_name(cpuid(0, 0), EBX, EDX, ECX, m->vendor, sizeof m->vendor);
    detect_brand(m);
    uint32_t id = cpuid(1, 0).reg[EAX];
    int family = id >> 8 & 15, model = id >> 4 & 15;
    m->stepping = id & 15;
    m->family = family == 15 ? family + (int)(id >> 20 & 255) : family;
    m->model = family == 6 || family == 15 ? model | (int)(id >> 16 & 15) << 4 : model;
    snprintf(m->isa, sizeof m->isa, "%s", best_isa());
    enum { HYPERVISOR = 31 };
    if (cpuid(1, 0).reg[ECX] >> HYPERVISOR & 1) {
        // beyond the highest basic leaf, so that cpuid.h's own check would refuse it
        struct cpuid c;
        __cpuid_count(0x40000000u, 0, c.reg[EAX], c.reg[EBX], c.reg[ECX], c.reg[EDX]);
        vendor_name(c, EBX, ECX, EDX, m->hypervisor, sizeof m->hypervisor);
    }
}

static int count(hwloc_topology_t t, hwloc_obj_type_t type)
{
    int n = hwloc_get_nbobjs_by_type(t, type);
    return n > 0 ? n : 0;
}

static void detect_caches(struct machine *m, hwloc_topology_t t, hwloc_obj_type_t core)
{
    for (int level = 0; level < MAX_CACHE_LEVELS; level++) {
        hwloc_obj_type_t type = (hwloc_obj_type_t)(HWLOC_OBJ_L1CACHE + level);
        hwloc_obj_t cache = hwloc_get_obj_by_type(t, type, 0);
        if (!cache)
            continue;
        int cores = hwloc_get_nbobjs_inside_cpuset_by_type(t, cache->cpuset, core);
        m->caches[m->n_caches].bytes = cache->attr->cache.size;
        m->caches[m->n_caches].cores = cores > 0 ? cores : 1;
        m->caches[m->n_caches].instances = count(t, type);
        m->n_caches++;
    }
}

static void detect_topology(struct machine *m, hwloc_topology_t t)
{
    // some virtual machines show no cores, only processing units
    hwloc_obj_type_t core = count(t, HWLOC_OBJ_CORE) ? HWLOC_OBJ_CORE : HWLOC_OBJ_PU;
    m->packages = count(t, HWLOC_OBJ_PACKAGE) ? count(t, HWLOC_OBJ_PACKAGE) : 1;
    m->numa_nodes = count(t, HWLOC_OBJ_NUMANODE) ? count(t, HWLOC_OBJ_NUMANODE) : 1;
    m->cores = count(t, core);
    m->threads = count(t, HWLOC_OBJ_PU);
    detect_caches(m, t, core);
}

// Leaves only the CPUs that the process may use (taskset, cpuset of a container).
static void restrict_to_binding(hwloc_topology_t t)
{
    if (!hwloc_topology_is_thissystem(t))
        return;
    hwloc_bitmap_t allowed = hwloc_bitmap_alloc();
    if (allowed && hwloc_get_cpubind(t, allowed, HWLOC_CPUBIND_PROCESS) == 0)
        hwloc_topology_restrict(t, allowed, HWLOC_RESTRICT_FLAG_REMOVE_CPULESS);
    hwloc_bitmap_free(allowed);
}

static void detect_system(struct machine *m)
{
    struct utsname system;
    if (uname(&system) == 0) {
        printable(m->host, sizeof m->host, system.nodename);
        printable(m->kernel, sizeof m->kernel, system.release);
    }
    struct sysinfo info;
    if (sysinfo(&info) == 0)
        m->memory_bytes = (size_t)info.totalram * info.mem_unit;
}

int machine_detect(struct machine *m, struct error *err)
{
    *m = (struct machine){0};
    hwloc_topology_t t;
    if (hwloc_topology_init(&t))
        return fail(err, "hwloc cannot be started");
    if (hwloc_topology_load(t)) {
        hwloc_topology_destroy(t);
        return fail(err, "hwloc cannot read the machine's topology (HWLOC_SYNTHETIC and "
                         "HWLOC_XMLFILE must be valid if they are set)");
    }
    restrict_to_binding(t);
    detect_topology(m, t);
    hwloc_topology_destroy(t);
    detect_cpu(m);
    detect_system(m);
    machine_default_label(m, m->label, sizeof m->label);
    return 0;
}
