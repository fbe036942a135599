#include "tests/test.h"

#include <stdio.h>

#include "bricks/machine.h"

static struct machine sample(void)
{
    return (struct machine){
        .label = "m7a",
        .cpu = "AMD EPYC 9R14 Processor @ 3.0GHz",
        .vendor = "AuthenticAMD",
        .isa = "avx512_core_bf16",
        .hypervisor = "KVMKVMKVM",
        .family = 25,
        .model = 17,
        .stepping = 1,
        .packages = 1,
        .numa_nodes = 1,
        .cores = 2,
        .threads = 4,
        .n_caches = 2,
        .caches = {{32768, 1, 2}, {1048576, 2, 1}},
        .memory_bytes = (size_t)8 << 30,
        .host = "a",
        .kernel = "6.1",
    };
}

static void key_of(const struct machine *m, char key[128])
{
    machine_key(m, key, 128);
}

static void json__round_trip_keeps_everything(void **state)
{
    (void)state;
    struct machine m = sample(), back;
    json_t *json = machine_to_json(&m);
    struct error err = {0};
    assert_int_equal(machine_from_json(&back, json, "x", &err), 0);
    json_t *again = machine_to_json(&back);
    assert_true(json_equal(json, again));
    json_decref(again);
    static const struct {
        const char *key;
        json_int_t value;
    } bad[] = {{"cores", 0}, {"threads", -1}, {"packages", 1 << 30}, {"dlbricks_machine", 9}};
    for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
        json_t *damaged = json_deep_copy(json);
        json_object_set_new(damaged, bad[i].key, json_integer(bad[i].value));
        assert_int_equal(machine_from_json(&back, damaged, "x", &err), -1);
        json_decref(damaged);
    }
    json_decref(json);
}

static void key__ignores_what_changes_at_a_reboot(void **state)
{
    (void)state;
    struct machine a = sample(), b = sample();
    char key_a[128], key_b[128];
    strcpy(b.label, "other");
    strcpy(b.host, "b");
    strcpy(b.kernel, "6.12");
    b.memory_bytes = 1;
    key_of(&a, key_a);
    key_of(&b, key_b);
    assert_string_equal(key_a, key_b);
    assert_memory_equal(key_a, "amd-epyc-9r14-2c-", 17);
    assert_int_equal(strlen(key_a), 17 + 8);
}

// Each changes one field of the identity.
static void change_stepping(struct machine *m)
{
    m->stepping = 2;
}
static void change_model(struct machine *m)
{
    m->model = 18;
}
static void change_family(struct machine *m)
{
    m->family = 26;
}
static void change_cpu(struct machine *m)
{
    strcpy(m->cpu, "AMD EPYC 9R45");
}
static void change_vendor(struct machine *m)
{
    strcpy(m->vendor, "HygonGenuine");
}
static void change_isa(struct machine *m)
{
    strcpy(m->isa, "avx2");
}
static void change_hypervisor(struct machine *m)
{
    strcpy(m->hypervisor, "");
}
static void change_packages(struct machine *m)
{
    m->packages = 2;
}
static void change_nodes(struct machine *m)
{
    m->numa_nodes = 2;
}
static void change_cores(struct machine *m)
{
    m->cores = 4;
}
static void change_threads(struct machine *m)
{
    m->threads = 2;
}
static void change_cache(struct machine *m)
{
    m->caches[1].bytes *= 2;
}
static void change_levels(struct machine *m)
{
    m->n_caches = 1;
}

static const struct {
    void (*change)(struct machine *m);
    const char *difference;
} changes[] = {
    {change_stepping, "stepping 2, not 1"},
    {change_model, "model 18, not 17"},
    {change_family, "family 26, not 25"},
    {change_cpu, "cpu AMD EPYC 9R45, not AMD EPYC 9R14 Processor @ 3.0GHz"},
    {change_vendor, "vendor HygonGenuine, not AuthenticAMD"},
    {change_isa, "isa avx2, not avx512_core_bf16"},
    {change_hypervisor, "hypervisor none, not KVMKVMKVM"},
    {change_packages, "packages 2, not 1"},
    {change_nodes, "numa_nodes 2, not 1"},
    {change_cores, "cores 4, not 2"},
    {change_threads, "threads 2, not 4"},
    {change_cache, "cache 2 2097152,2,1, not 1048576,2,1"},
    {change_levels, "cache 2 none, not 1048576,2,1"},
};

static void key__differs_where_the_hardware_does(void **state)
{
    (void)state;
    char key[128], other[128];
    struct machine m = sample();
    key_of(&m, key);
    for (size_t i = 0; i < N_ELEMENTS(changes); i++) {
        struct machine changed = sample();
        struct str difference = STR_INIT;
        changes[i].change(&changed);
        key_of(&changed, other);
        assert_string_not_equal(key, other);
        machine_difference(&changed, &m, &difference);
        assert_string_equal(difference.text, changes[i].difference);
        str_release(&difference);
    }
}

static void difference__is_empty_for_one_key(void **state)
{
    (void)state;
    struct machine m = sample(), moved = sample();
    struct str difference = STR_INIT;
    strcpy(moved.host, "b");
    strcpy(moved.label, "other");
    machine_difference(&m, &moved, &difference);
    assert_string_equal(difference.text, "");
    str_release(&difference);
}

// What else than the number of cores makes it another type.
static void change_size(struct machine *m)
{
    m->cores = 8;
    m->threads = 16;
    m->caches[0].instances = 8;
    m->caches[1] = (__typeof__(m->caches[1])){33554432, 8, 1};
}

static void relative__is_another_size_of_one_type(void **state)
{
    (void)state;
    struct machine m = sample(), large = sample();
    change_size(&large);
    assert_true(machine_is_relative(&m, &large));
    assert_true(machine_is_relative(&large, &m));
    assert_false(machine_is_relative(&m, &m)); // it is itself
    static const bool sizes[N_ELEMENTS(changes)] = {
        [7] = true, [8] = true, [11] = true, // packages, NUMA nodes, shared cache
    };
    for (size_t i = 0; i < N_ELEMENTS(changes); i++) {
        struct machine other = sample();
        changes[i].change(&other);
        assert_int_equal(machine_is_relative(&m, &other), sizes[i]);
        assert_int_equal(machine_is_relative(&other, &m), sizes[i]);
    }
    large.caches[0].bytes *= 2; // of each core
    assert_false(machine_is_relative(&m, &large));
}

static void json__an_older_file_lacks_the_kinds_of_cores(void **state)
{
    (void)state;
    struct machine m = sample(), back;
    char key[128], key_back[128];
    json_t *json = machine_to_json(&m);
    json_object_del(json, "core_kinds");
    assert_int_equal(machine_from_json(&back, json, "x", NULL), 0);
    json_decref(json);
    key_of(&m, key);
    key_of(&back, key_back);
    assert_string_equal(key, key_back);
    assert_string_equal(key, "amd-epyc-9r14-2c-b92d5f8f"); // as ever
    strcpy(back.core_kinds, "1*1t+1*2t");
    key_of(&back, key_back);
    assert_string_not_equal(key, key_back);
}

static void key__odd_names_give_a_plain_folder_name(void **state)
{
    (void)state;
    static const char *const names[] = {
        "", "@", "/../x", "Intel(R) Xeon(R) Platinum 8488C",
        "A very long name that somebody gave to a processor of theirs, longer than any folder"};
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    for (size_t i = 0; i < N_ELEMENTS(names); i++) {
        struct machine m = sample();
        char key[128];
        strcpy(m.cpu, names[i]);
        key_of(&m, key);
        assert_int_equal(strspn(key, allowed), strlen(key));
        assert_null(strstr(key, "--"));
    }
}

static void detect__this_machine_has_cores_and_a_name(void **state)
{
    (void)state;
    struct machine m;
    struct error err = {0};
    unsetenv("HWLOC_SYNTHETIC");
    assert_int_equal(machine_detect(&m, &err), 0);
    assert_true(m.cores >= 1 && m.threads >= m.cores);
    assert_string_not_equal(m.vendor, "");
    assert_string_not_equal(m.isa, "");
    assert_true(m.memory_bytes > 0);
    struct machine again;
    char key[128], key_again[128];
    assert_int_equal(machine_detect(&again, &err), 0);
    key_of(&m, key);
    key_of(&again, key_again);
    assert_string_equal(key, key_again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json__round_trip_keeps_everything),
        cmocka_unit_test(key__ignores_what_changes_at_a_reboot),
        cmocka_unit_test(key__differs_where_the_hardware_does),
        cmocka_unit_test(difference__is_empty_for_one_key),
        cmocka_unit_test(relative__is_another_size_of_one_type),
        cmocka_unit_test(json__an_older_file_lacks_the_kinds_of_cores),
        cmocka_unit_test(key__odd_names_give_a_plain_folder_name),
        cmocka_unit_test(detect__this_machine_has_cores_and_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
