"""The checks of a compiled definition, by code. L01 and L02 come from grammar and reader; L29, L30, L35 compare two versions."""

from collections.abc import Mapping
from types import MappingProxyType

from workflow.catalog.compile import Compiled, Names
from workflow.catalog.findings import Finding
from workflow.catalog.lint import (
    approval,
    clock,
    conditions,
    filling,
    graph,
    idle,
    inputs,
    labels,
    names,
    paper,
    purpose,
)
from workflow.catalog.lint.subject import Check, Subject

CHECKS: Mapping[str, tuple[Check, ...]] = MappingProxyType(
    {
        "L03": (graph.one_initial_state,),
        "L04": (names.states_exist,),
        "L05": (graph.every_state_is_reached,),
        "L06": (graph.no_dead_end,),
        "L07": (graph.work_can_be_done,),
        "L09": (graph.leaving_a_final_state_is_declared,),
        "L10": (conditions.alternatives_are_ordered,),
        "L11": (
            names.roles_exist,
            names.fields_exist,
            names.moves_exist,
            names.deadlines_exist,
            names.words_of_conditions_exist,
            names.calendar_exists,
            names.name_is_free,
            names.workflows_exist,
            names.templates_exist,
            names.follow_ups_have_takers,
            paper.fields_of_the_paper_exist,
            paper.placeholders_are_known,
        ),
        "L12": (conditions.conditions_compile,),
        "L13": (conditions.refusals_are_bilingual,),
        "L14": (labels.labels_are_bilingual,),
        "L15": (inputs.inputs_can_be_given,),
        "L16": (inputs.fired_moves_ask_for_nothing,),
        "L17": (clock.timers_agree_with_moves,),
        "L18": (filling.nothing_reads_what_may_be_empty,),
        "L19": (idle.nothing_is_idle, idle.pauses_are_not_idle),
        "L20": (approval.somebody_may_act,),
        "L21": (approval.some_step_always_applies,),
        "L22": (approval.quorums_can_be_met,),
        "L23": (approval.four_eyes_have_a_way_out,),
        "L24": (approval.distinct_steps_have_distinct_people,),
        "L25": (approval.rejections_lead_somewhere,),
        "L26": (graph.invariants_hold,),
        "L27": (clock.waits_have_owner_and_reminder,),
        "L28": (clock.timers_do_not_spin,),
        "L31": (graph.what_came_before_can_have_come,),
        "L32": (approval.open_requests_may_be_overtaken,),
        "L33": (idle.suspicious,),
        "L34": (inputs.bulk_moves_ask_for_nothing,),
        "L36": (approval.fallbacks_end,),
        "L39": (
            purpose.creation_takes_what_is_handed,
            purpose.moves_take_what_is_handed,
            purpose.fields_can_be_read,
            purpose.items_count_as_what_they_are,
        ),
    }
)


def check(compiled: Compiled, names: Names) -> tuple[Finding, ...]:
    """What the checks have against a definition, in the order of the file; nothing where the grammar failed already."""
    if compiled.definition is None:
        return ()
    subject = Subject(compiled.definition, compiled.document, names)
    found = {finding for checks in CHECKS.values() for each in checks for finding in each(subject)}
    return tuple(sorted(found, key=lambda finding: (finding.place, finding.message.en)))
