"""Help: one screen for each kind of post."""

from dataclasses import dataclass

from flask import Blueprint

from web import actors
from web.i18n import N_
from web.pages.rendering import render_page

bp = Blueprint("help", __name__)


@dataclass(frozen=True, slots=True)
class Guide:
    """A screen of help: what the post is for, its steps in order, and what the system does by itself."""

    role: str
    title: str
    purpose: str
    steps: tuple[str, ...]
    remember: str


GUIDES: tuple[Guide, ...] = (
    Guide(
        "officer",
        N_("Officer"),
        N_("You do the tasks that are dispatched to you and report on them."),
        (
            N_("Open “My work” and take up the task that is dispatched to you."),
            N_("Update the progress when something has been done; attach figures and documents as evidence."),
            N_("When it is done, declare completion before the due date."),
            N_(
                "If it runs late, state the cause and propose a remediation plan with a deadline and a responsible person."
            ),
        ),
        N_("Somebody outside your unit verifies the result; you cannot verify your own work."),
    ),
    Guide(
        "unit_head",
        N_("Head of the unit"),
        N_("You answer for the tasks and the reports of your unit."),
        (
            N_("Accept a task, or send it back to the assigner when it is not within your competence."),
            N_("Dispatch it to an officer with a due date."),
            N_("Sign the periodic report before the 20th and send it to the consolidator."),
            N_("For late tasks, check the cause and submit the remediation plan."),
        ),
        N_("“Unit” shows what is late and who holds it."),
    ),
    Guide(
        "unit_deputy",
        N_("Deputy head of the unit"),
        N_("You draft and report like an officer, and sign for the head where he delegated it in writing."),
        (
            N_("Do the tasks that are dispatched to you, as an officer does."),
            N_("Under a delegation in force, do the head's steps; the log then names both of you."),
            N_("When the delegation ends, these steps disappear by themselves."),
        ),
        N_("Without a written delegation you sign nothing for the head."),
    ),
    Guide(
        "consolidator",
        N_("Consolidating officer"),
        N_("You receive the units' periodic reports and consolidate them for the People's Committee."),
        (
            N_("Open the period and watch which units have sent their report."),
            N_("Receive a report, or return it with the reason."),
            N_("After the deadline, close the figures and consolidate."),
            N_("Submit the consolidated report to the People's Committee."),
        ),
        N_("The report of your own unit is received by the Office, not by you."),
    ),
    Guide(
        "clerk",
        N_("Records clerk"),
        N_("You enter the assigning documents and give numbers to issued ones."),
        (
            N_("Enter the document and the tasks that it assigns."),
            N_("Check the unit, the content and the due date of each task, then pass them on for assignment."),
            N_("Give a number to the document once it is signed."),
        ),
        N_("A document that has been issued is not edited; a correcting document replaces it."),
    ),
    Guide(
        "office_chief",
        N_("Chief of Office"),
        N_("You follow the tasks of the whole commune for the Chairman."),
        (
            N_("Open “Whole commune” to see which unit is late."),
            N_("Verify results that are put to you, or return them with the reason."),
            N_("Receive the report of the consolidating unit."),
        ),
        N_("You see everything; you act only where a step names your post."),
    ),
    Guide(
        "vice_chairman",
        N_("Vice Chairman"),
        N_("You direct the areas that are assigned to you."),
        (
            N_("Verify the results in your areas, or ask for rework with the reason."),
            N_("Approve remediation plans and extensions."),
            N_("Answer the difficulties that units put to you."),
        ),
        N_("Items outside your areas go to the Chairman."),
    ),
    Guide(
        "chairman",
        N_("Chairman"),
        N_("You assign tasks, decide what units put to you, and sign the consolidated report."),
        (
            N_("“My work” lists only what waits for your decision."),
            N_("Verify a result, or ask for rework with the reason."),
            N_("Approve or reject remediation plans and extensions."),
            N_("Open “Whole commune” to see the units side by side."),
        ),
        N_("Whatever you delegate in writing, the receiver does in your name and the log names both."),
    ),
    Guide(
        "auditor",
        N_("Auditor"),
        N_("You read the whole log and check that nobody changed it."),
        (
            N_("Open “Log” and search by person, task, step or time."),
            N_("Look at any day as it was recorded then."),
            N_("Check the chain of the log, and download it with its proof."),
        ),
        N_("You read everything and change nothing; your reading is noted too."),
    ),
    Guide(
        "admin",
        N_("System administrator"),
        N_("You keep accounts, units and holidays."),
        (
            N_("Give each person an account and the post that the decision of appointment names."),
            N_("When somebody leaves or moves, end the post on that day."),
            N_("Enter the holidays of the next year before December ends."),
        ),
        N_("You see no content of tasks, and no step of work is yours."),
    ),
)


@bp.get("/help")
def guide() -> tuple[str, int]:
    """The reader's own post first, the others below."""
    own = actors.current_actor().roles
    mine = [guide for guide in GUIDES if guide.role in own]
    others = [guide for guide in GUIDES if guide.role not in own]
    return render_page("help/guide.html", mine=mine, others=others)
