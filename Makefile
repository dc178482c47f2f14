# The one Makefile: every source, every variant, every check. Nothing here calls make again.
#
#   make           build/argos                          make check   layers, style, format, symbols, scripts
#   make unit      every *_test.c, built and run        make spec    the WebAssembly test suite
#   make asan      unit tests under ASan and UBSan      make spec-asan  the suite under ASan and UBSan
#   make clang     the same with clang, and unit tests  make bench   native, Node and argos side by side
#   make format    clang-format over all of it          make fuzz    all fuzzers, SECONDS=60
#   make verify    proofs about compiled code           make tsan    tests with threads under ThreadSanitizer
#   make pages     docs/interfaces/, from interfaces/   make programs  programs/*/*, into build/programs
#   make clean     removes build/
#
# A variant is a compiler, its flags and a folder: gcc in build/, clang in build/clang, asan in build/asan, fuzz in
# build/fuzz, tsan in build/tsan. BUILD moves them all, for a second build beside the first: make BUILD=/tmp/other.

BUILD := build
# Not for the environment: a shell would take it for its own clock.
SECONDS := 60
unexport SECONDS
ISA := $(shell uname -m)
# The Node that results are compared with: the pinned one of tools/setup, else the machine's.
export NODE ?= $(or $(realpath build/node/bin/node),node)

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all programs check generated pages format unit spec spec-asan verify bench fuzz asan tsan clang clean

# ---- What is built from what ----

# The files of a folder, and of its leaf for this machine; a folder "portable" serves the machines that have no leaf.
isa_files = $(or $(wildcard $(1)/$(ISA)/*.[cS]),$(wildcard $(1)/portable/*.[cS]))
folder_files = $(filter-out %_test.c,$(foreach folder,$(1),$(wildcard $(folder)/*.[cS]) $(call isa_files,$(folder))))

SOURCES_base := $(call folder_files,base)
SOURCES_wasm := $(call folder_files,wasm wasm/interpret wasm/code wasm/compile wasm/compile/optimize wasm/compile/allocate wasm/show)
SOURCES_kernel := $(call folder_files,kernel kernel/check)
SOURCES_wasi := $(call folder_files,wasi)
SOURCES_linux := $(filter-out platform/linux/main.c,$(call folder_files,platform/linux platform/linux/debug platform/linux/develop platform/linux/interface platform/linux/system platform/linux/system/plain platform/cpu))
SOURCES_support := $(call folder_files,tests/support)
SOURCES_main := $(wildcard platform/linux/main.c)
SOURCES_spec := $(call folder_files,tests/spec)
SOURCES_verify := $(call folder_files,tests/verify) tests/spec/shared.c
SOURCES_random := $(call folder_files,tests/random)
SOURCES_sim := $(call folder_files,platform/sim)
SOURCES_grind := $(call folder_files,tests/grind)
SOURCES_check := $(call folder_files,tools/check)
SOURCES_wit := $(call folder_files,tools/wit)
SOURCES_wit_command := $(call folder_files,tools/wit/command)
SOURCES_fuzz := $(wildcard tests/fuzz/*_fuzz.c)
SOURCES_fuzz_support := $(filter-out $(SOURCES_fuzz),$(wildcard tests/fuzz/*.c))

FREESTANDING := base wasm wasi kernel wit
TEST_FOLDERS := base base/$(ISA) wasm wasm/interpret wasm/code wasm/compile wasm/compile/optimize wasm/compile/allocate wasm/compile/$(ISA) wasm/show wasm/show/$(ISA) kernel wasi platform/linux platform/linux/debug platform/linux/system platform/cpu/$(ISA) tools/wit interfaces programs/api tests tests/support tests/unit tests/interfaces tests/contexts
SOURCES_unit := $(wildcard $(TEST_FOLDERS:=/*_test.c))

# What links with what, lowest last: a test sees the layers that its own may see. Engine tests need a host, so they get
# the platform too. Support comes first and gives its own panic, which the linker is told to want at once.
LIBRARIES_base := base
LIBRARIES_wasm := linux wasi kernel wasm wit base
LIBRARIES_kernel := linux wasi kernel wasm wit base
LIBRARIES_wasi := linux wasi kernel wasm wit base
LIBRARIES_platform := linux wasi kernel wasm wit base
LIBRARIES_tools := wit base
LIBRARIES_interfaces := base
LIBRARIES_programs := base
LIBRARIES_tests := linux wasi kernel wasm wit base

SOURCES := $(sort $(foreach group,base wasm kernel wasi wit wit_command linux support main spec verify random sim grind check fuzz fuzz_support unit,$(SOURCES_$(group))))
# What some machine compiles, if not this one: for the tool that looks for dead files.
SOURCES_elsewhere := $(wildcard base/portable/*.c wasm/portable/*.c platform/cpu/*/*.c platform/linux/system/annotated/*.c base/*/*.c)

# The list as a file, rewritten only when it changes: archives and checks depend on it, so a removed file is noticed.
LIST := $(BUILD)/sources
ifneq ($(MAKECMDGOALS),clean)
ifneq ($(strip $(file <$(LIST))),$(strip $(sort $(SOURCES) $(SOURCES_elsewhere))))
$(shell mkdir -p $(BUILD))
$(file >$(LIST),$(sort $(SOURCES) $(SOURCES_elsewhere)))
endif
endif

# ---- Interfaces: what the tool makes of each .wit, for all variants ----

GENERATED := $(BUILD)/generated
INTERFACES := $(wildcard interfaces/*.wit)
INTERFACES_test := $(wildcard tests/interfaces/*.wit)
INTERFACE_NAMES := $(notdir $(basename $(INTERFACES) $(INTERFACES_test)))
TEMPLATES := $(sort $(wildcard programs/examples/*.wit programs/examples/*/*))
TEMPLATE_TEXTS := platform/linux/develop/template_texts.def
GENERATED_FILES := $(INTERFACE_NAMES:%=$(GENERATED)/interfaces/%.h) $(INTERFACE_NAMES:%=$(GENERATED)/programs/api/%.h) $(GENERATED)/interfaces/built_in.h $(GENERATED)/$(TEMPLATE_TEXTS) $(GENERATED)/context.h
PAGES := $(INTERFACES:%.wit=$(GENERATED)/docs/%.md)

define interface
$(GENERATED)/interfaces/%.h: $(1)/%.wit $(INTERFACES) $(BUILD)/wit
	@mkdir -p $$(@D)
	@$(BUILD)/wit header $$< >$$@

$(GENERATED)/programs/api/%.h: $(1)/%.wit $(INTERFACES) $(BUILD)/wit
	@mkdir -p $$(@D)
	@$(BUILD)/wit bindings $$< >$$@
endef
$(foreach folder,interfaces tests/interfaces,$(eval $(call interface,$(folder))))

$(GENERATED)/interfaces/built_in.h: $(INTERFACES) $(BUILD)/wit $(LIST)
	@mkdir -p $(@D)
	@$(BUILD)/wit table $(INTERFACES) >$@

$(GENERATED)/docs/interfaces/%.md: interfaces/%.wit $(INTERFACES) $(BUILD)/wit
	@mkdir -p $(@D)
	@$(BUILD)/wit page $< >$@

# The contract as one file, which argos new gives to apps beside what the examples are made of.
$(GENERATED)/context.h: programs/api/context.h interfaces/errors.def
	@mkdir -p $(@D)
	@sed -e '/^#include "interfaces\/errors.def"/{r interfaces/errors.def' -e 'd}' $< >$@

$(GENERATED)/$(TEMPLATE_TEXTS): tools/embed $(GENERATED)/context.h $(TEMPLATES) $(wildcard programs/examples/*)
	@mkdir -p $(@D)
	@tools/embed $(GENERATED)/context.h $(TEMPLATES) >$@

# A program that the test of layouts runs.
LAYOUT_PROGRAM := $(GENERATED)/digest.wasm
$(LAYOUT_PROGRAM): tests/interfaces/digest_wasm.c tests/interfaces/digest.h interfaces/wire.h interfaces/wire_value.h programs/api/binding.h programs/api/context.h interfaces/context.def | $(GENERATED_FILES)
	@clang --target=wasm32 -std=c17 -O2 -Wall -Wextra -Werror -nostdlib -Wl,--no-entry -Wl,--export=digest -I. -I$(GENERATED) -o $@ $<

# ---- Flags ----

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
CFLAGS_all := -std=c17 -O2 -g -fno-math-errno -ffp-contract=off $(WARNINGS) -I. -I$(GENERATED) -MMD -MP
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

COMPILER_gcc := gcc
FLAGS_gcc :=
COMPILER_clang := clang
FLAGS_clang :=
COMPILER_asan := clang
FLAGS_asan := $(SANITIZE) -O1
COMPILER_fuzz := clang
FLAGS_fuzz := $(SANITIZE) -fsanitize=fuzzer-no-link -O1
COMPILER_tsan := clang
FLAGS_tsan := -fsanitize=thread -O1

# Only hosted files may ask libc for more than C17 has. The value is empty, so that a file may say it again.
HOSTED := -D_GNU_SOURCE=
# Tests in assembler are written for the GNU assembler.
assembler_of = $(if $(filter-out gcc,$(1)),$(if $(filter tests/%,$(2)),-fno-integrated-as))
freestanding_of = $(filter-out %_test.c tools/wit/command/%,$(filter base/% wasm/% kernel/% wasi/% tools/wit/%,$(1)))
FLAGS_layout = -DTEST_ARGOS='"$(BUILD)/argos"' -DTEST_PROGRAM='"$(LAYOUT_PROGRAM)"'
flags_of = $(if $(call freestanding_of,$(1)),,$(HOSTED)) $(if $(filter tests/interfaces/layout_test.c,$(1)),$(FLAGS_layout))

# ---- Rules of one variant: $(1) its name, $(2) its folder ----

# Objects of sources $(1) in a variant's folder $(2). What AddressSanitizer has to be told is in a folder annotated/ with a twin plain/.
objects = $(patsubst %,$(2)/object/%.o,$(basename $(if $(filter %/asan %/fuzz,$(2)),$(subst /plain/,/annotated/,$(1)),$(1))))

define variant
$(2)/object/%.o: %.c Makefile
	@mkdir -p $$(@D)
	@echo "  $(1) $$<"
	@$(COMPILER_$(1)) $(CFLAGS_all) $(FLAGS_$(1)) $$(call flags_of,$$<) -c $$< -o $$@

$(2)/object/%.o: %.S Makefile
	@mkdir -p $$(@D)
	@$(COMPILER_$(1)) $(FLAGS_$(1)) $$(call assembler_of,$(1),$$<) -I. -MMD -MP -c $$< -o $$@

$(foreach library,base wasm kernel wasi wit linux support,$(call archive,$(1),$(2),$(library)))
$(foreach source,$(SOURCES_unit),$(call unit_test,$(1),$(2),$(source)))

$(2)/argos: $(call objects,$(SOURCES_main),$(2)) $(LIBRARIES_platform:%=$(2)/%.a)
	@$(COMPILER_$(1)) $(FLAGS_$(1)) -o $$@ $(call objects,$(SOURCES_main),$(2)) $(call link,$(2),$(LIBRARIES_platform)) -lpthread

$(2)/spec: $(call objects,$(SOURCES_spec),$(2)) $(LIBRARIES_tests:%=$(2)/%.a) $(2)/support.a
	@$(COMPILER_$(1)) $(FLAGS_$(1)) -o $$@ $(call objects,$(SOURCES_spec),$(2)) $(call link,$(2),support $(LIBRARIES_tests)) -lcjson -lpthread

$(2)/verify: $(call objects,$(SOURCES_verify),$(2)) $(LIBRARIES_tests:%=$(2)/%.a) $(2)/support.a
	@$(COMPILER_$(1)) $(FLAGS_$(1)) -o $$@ $(call objects,$(SOURCES_verify),$(2)) $(call link,$(2),support $(LIBRARIES_tests)) -lcapstone -lpthread

$(2)/random: $(call objects,$(SOURCES_random),$(2)) $(LIBRARIES_tests:%=$(2)/%.a) $(2)/support.a
	@$(COMPILER_$(1)) $(FLAGS_$(1)) -o $$@ $(call objects,$(SOURCES_random),$(2)) $(call link,$(2),support $(LIBRARIES_tests)) -lcapstone -lpthread

$(2)/sim: $(call objects,$(SOURCES_sim),$(2)) $(LIBRARIES_tests:%=$(2)/%.a) $(2)/support.a $(BUILD)/programs/tests/chaos.wasm
	@$(COMPILER_$(1)) $(FLAGS_$(1)) -o $$@ $(call objects,$(SOURCES_sim),$(2)) $(call link,$(2),support $(LIBRARIES_tests)) -lpthread

$(2)/grind: $(call objects,$(SOURCES_grind),$(2)) $(LIBRARIES_tests:%=$(2)/%.a) $(2)/support.a | $(BUILD)/programs/tests/grind.wasm $(BUILD)/programs/servers/names.wasm
	@$(COMPILER_$(1)) $(FLAGS_$(1)) -o $$@ $(call objects,$(SOURCES_grind),$(2)) $(call link,$(2),support $(LIBRARIES_tests)) -lpthread

$(2)/tests/tests_interfaces_layout_test: | $(LAYOUT_PROGRAM) $(BUILD)/argos

$(2)/wit: $(call objects,$(SOURCES_wit_command),$(2)) $(2)/wit.a $(2)/base.a
	@$(COMPILER_$(1)) $(FLAGS_$(1)) -o $$@ $$^

# What is needed to make the generated headers does without them; everything else waits for them.
$(filter-out $(call objects,$(SOURCES_base) $(SOURCES_wit) $(SOURCES_wit_command),$(2)),$(call objects,$(SOURCES),$(2))): | $(GENERATED_FILES)

$(2)/check: $(call objects,$(SOURCES_check),$(2))
	@$(COMPILER_$(1)) $(FLAGS_$(1)) -o $$@ $$^

-include $(patsubst %.o,%.d,$(call objects,$(SOURCES),$(2)))
endef

define archive
$(2)/$(3).a: $(call objects,$(SOURCES_$(3)),$(2)) $(LIST)
	@rm -f $$@
	@ar rcs $$@ $(call objects,$(SOURCES_$(3)),$(2))

endef

# $(1) a folder of archives, $(2) their names, each of which may need the others.
link = -Wl,--undefined=panic -Wl,--start-group $(patsubst %,$(1)/%.a,$(2)) -Wl,--end-group

test_name = $(subst /,_,$(basename $(1)))
test_libraries = support $(LIBRARIES_$(firstword $(subst /, ,$(1))))
define unit_test
$(2)/tests/$(call test_name,$(3)): $(call objects,$(3),$(2)) $(patsubst %,$(2)/%.a,$(call test_libraries,$(3)))
	@mkdir -p $$(@D)
	@$(COMPILER_$(1)) $(FLAGS_$(1)) -o $$@ $$< $(call link,$(2),$(call test_libraries,$(3))) -lcmocka -lpthread

endef

$(eval $(call variant,gcc,$(BUILD)))
$(eval $(call variant,clang,$(BUILD)/clang))
$(eval $(call variant,asan,$(BUILD)/asan))
$(eval $(call variant,fuzz,$(BUILD)/fuzz))
$(eval $(call variant,tsan,$(BUILD)/tsan))

# Programs of ours: one folder each, freestanding, nothing linked in.
PROGRAMS := $(patsubst programs/%/main.c,%,$(wildcard programs/*/*/main.c))
define program
$(BUILD)/programs/$(1).wasm: $(wildcard programs/$(1)/*.[ch] programs/api/*.h programs/tests/*/*.h interfaces/*.def interfaces/*.h interfaces/*.wit) Makefile | $(GENERATED_FILES)
	@mkdir -p $$(@D)
	@echo "  wasm programs/$(1)"
	@clang --target=wasm32 -std=c17 -O2 -mbulk-memory -msign-ext -nostdlib -Wall -Wextra -Werror -I. -I$(GENERATED) -Wl,--no-entry -Wl,--export=start -o $$@ $(wildcard programs/$(1)/*.c)

endef
$(eval $(foreach name,$(PROGRAMS),$(call program,$(name))))

unit_tests = $(foreach source,$(SOURCES_unit),$(1)/tests/$(call test_name,$(source)))
libraries = $(foreach library,base wasm kernel wasi wit linux support,$(1)/$(library).a)
programs = $(1)/check $(if $(SOURCES_main),$(1)/argos) $(if $(SOURCES_spec),$(1)/spec)

# ---- Targets ----

.DEFAULT_GOAL := all
all: $(if $(SOURCES_main),$(BUILD)/argos,$(call libraries,$(BUILD)))

programs: $(PROGRAMS:%=$(BUILD)/programs/%.wasm)

# Tests of the kernel run real programs.
$(foreach folder,$(BUILD) $(BUILD)/clang $(BUILD)/asan,$(folder)/tests/kernel_kernel_test $(folder)/tests/kernel_child_test): $(BUILD)/programs/tests/actor.wasm
$(foreach folder,$(BUILD) $(BUILD)/clang $(BUILD)/asan,$(folder)/tests/kernel_buffer_test): $(BUILD)/programs/tests/lender.wasm

unit: $(call unit_tests,$(BUILD))
	@tools/unit $(BUILD)/tests $^

clang: $(call unit_tests,$(BUILD)/clang) $(call programs,$(BUILD)/clang) $(call libraries,$(BUILD)/clang)
	@tools/unit $(BUILD)/clang/tests $(call unit_tests,$(BUILD)/clang)

asan: $(call unit_tests,$(BUILD)/asan) $(call programs,$(BUILD)/asan) $(call libraries,$(BUILD)/asan)
	@tools/unit $(BUILD)/asan/tests $(call unit_tests,$(BUILD)/asan)

TSAN_TESTS := $(patsubst %,$(BUILD)/tsan/tests/%_test,base_budget wasm_code_worker platform_linux_workers platform_linux_timer)
tsan: $(TSAN_TESTS)
	@tools/unit $(BUILD)/tsan/tests $(TSAN_TESTS)

check: $(BUILD)/check $(FREESTANDING:%=$(BUILD)/%.a) $(PAGES)
	@tools/check_all $(BUILD)

generated: $(GENERATED_FILES)

pages: $(PAGES)
	@mkdir -p docs/interfaces
	@cp $^ docs/interfaces/

format:
	@find . \( -path ./build -o -path ./.git \) -prune -o \( -name '*.c' -o -name '*.h' \) -type f -print | xargs clang-format -i

spec: $(BUILD)/spec
	@tests/spec/run.sh $<

spec-asan: $(BUILD)/asan/spec
	@tests/spec/run.sh $<

verify: $(BUILD)/verify $(BUILD)/random
	@tests/verify/run.sh $<

FUZZERS := $(SOURCES_fuzz:tests/fuzz/%.c=$(BUILD)/fuzz/%)
$(FUZZERS): $(BUILD)/fuzz/%: $(BUILD)/fuzz/object/tests/fuzz/%.o $(call objects,$(SOURCES_fuzz_support),$(BUILD)/fuzz) $(call libraries,$(BUILD)/fuzz)
	@clang $(SANITIZE) -fsanitize=fuzzer -o $@ $(filter %.o,$^) $(call link,$(BUILD)/fuzz,support $(LIBRARIES_tests)) -lpthread

fuzz: all $(BUILD)/random $(call libraries,$(BUILD)) $(FUZZERS)
	@tools/fuzz $(BUILD) $(SECONDS) $(FUZZERS)

bench: all
	@bench/run.sh

clean:
	rm -rf $(BUILD)
