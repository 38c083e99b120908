//! The demo's users.

use hongyan_protocol::{UserId, UserProfile};
use hongyan_service::{AddUser, Operator, Service};

/// Everybody's password in the demo: the reason why the demo stays on loopback.
pub const PASSWORD: &str = "1234";

/// Id, login name, display name, picture.
const USERS: [(u64, &str, &str, &str); 3] = [
    (1000, "zhangsan@gmail.com", "张三", "zhangsan.svg"),
    (1001, "lisi@gmail.com", "李四", "lisi.svg"),
    (1002, "wangwu@hotmail.com", "王五", "wangwu.svg"),
];

/// Adds the users that are not there yet. One whose id belongs to somebody else, added by hand before the first
/// demo, gets the next free one.
pub async fn seed(service: &Service, operator: &Operator) -> anyhow::Result<()> {
    let everybody = everybody(service, operator).await?;
    let is_known = |login: &str| everybody.iter().any(|user| &*user.login == login);
    let is_taken = |id: u64| everybody.iter().any(|user| user.id.get() == id);
    let (another_id, own_id): (Vec<_>, Vec<_>) = USERS
        .into_iter()
        .filter(|(_, login, ..)| !is_known(login))
        .partition(|(id, ..)| is_taken(*id));
    for (id, login, name, picture) in own_id {
        add(
            service,
            operator,
            Some(UserId::from_trusted(id)),
            login,
            name,
            picture,
        )
        .await?;
    }
    // Last, so that the next free id is none of the others'.
    for (_, login, name, picture) in another_id {
        add(service, operator, None, login, name, picture).await?;
    }
    Ok(())
}

async fn add(
    service: &Service,
    operator: &Operator,
    id: Option<UserId>,
    login: &str,
    name: &str,
    picture: &str,
) -> anyhow::Result<()> {
    let user = AddUser {
        id,
        login: login.into(),
        name: name.into(),
        avatar: Some(picture.into()),
        password: PASSWORD.into(),
    };
    service.add_user_with_any_password(operator, user).await?;
    Ok(())
}

async fn everybody(service: &Service, operator: &Operator) -> anyhow::Result<Vec<UserProfile>> {
    let mut everybody = Vec::new();
    let mut after = UserId::default();
    loop {
        let page = service.list_users(operator, after).await?;
        let Some(last) = page.last() else {
            return Ok(everybody);
        };
        after = last.id;
        everybody.extend(page);
    }
}
