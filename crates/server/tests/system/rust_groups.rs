//! Groups through the Rust SDK.

use std::collections::HashMap;

use hongyan_client::protocol::ErrorCode;
use hongyan_client::{
    Client, Config, ConversationId, Credentials, Event, Events, Group, GroupSetting, HttpError,
    Role, UserId,
};
use tokio::time::timeout;

use crate::harness::{PATIENCE, TestServer};

/// Somebody with a client, and what its events make of groups.
struct Person {
    client: Client,
    events: Events,
    id: UserId,
    groups: HashMap<ConversationId, Group>,
}

impl Person {
    async fn sign_in(server: &TestServer, login: &str) -> Self {
        let config = Config::new(server.url(), Credentials::password(login, "1234", "rust"));
        let (client, events) = Client::connect(config).await.unwrap();
        let id = client.me().unwrap().id;
        let groups = HashMap::new();
        Self {
            client,
            events,
            id,
            groups,
        }
    }

    /// Reads on until a group is so.
    async fn until(&mut self, conv: ConversationId, is_so: impl Fn(&Group) -> bool) {
        while !self.groups.get(&conv).is_some_and(&is_so) {
            let event = timeout(PATIENCE, self.events.next()).await;
            let event = event.unwrap_or_else(|_| panic!("it stays {:?}", self.groups.get(&conv)));
            match event.unwrap() {
                Event::Conversation(view) => {
                    self.groups
                        .entry(view.conv)
                        .or_insert_with(Group::unknown)
                        .told(&view);
                }
                Event::Entry(entry) if entry.event.is_some() => {
                    let group = self.groups.entry(entry.conv).or_insert_with(Group::unknown);
                    group.entry(&entry, self.id);
                }
                _ => {}
            }
        }
    }
}

fn code(refused: Result<impl std::fmt::Debug, HttpError>) -> ErrorCode {
    match refused {
        Err(HttpError::Refused(failure)) => failure.code,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_group_is_made_changed_and_left_and_its_members_clients_agree() {
    let server = TestServer::start().await;
    let mut zhang = Person::sign_in(&server, "zhangsan@gmail.com").await;
    let mut li = Person::sign_in(&server, "lisi@gmail.com").await;
    let mut wang = Person::sign_in(&server, "wangwu@hotmail.com").await;
    let conv = zhang
        .client
        .create_group("雁群", &[li.id])
        .await
        .unwrap()
        .conv;
    let named = |name: &'static str, size| {
        move |group: &Group| {
            group.size == size && group.view.as_ref().is_some_and(|view| &*view.name == name)
        }
    };
    zhang.until(conv, named("雁群", 2)).await;
    li.client.add_members(conv, &[wang.id]).await.unwrap();
    let name = GroupSetting::Name("大雁".into());
    zhang.client.set_group(conv, name).await.unwrap();
    zhang
        .client
        .set_role(conv, li.id, Role::Admin)
        .await
        .unwrap();
    for person in [&mut zhang, &mut li, &mut wang] {
        person.until(conv, named("大雁", 3)).await;
    }
    li.until(conv, |group| {
        group.view.as_ref().unwrap().role == Role::Admin
    })
    .await;
    let page = wang
        .client
        .members(conv, Some(zhang.id), Some(1))
        .await
        .unwrap();
    assert_eq!(
        (page.members[0].user, page.members[0].role, page.more),
        (li.id, Role::Admin, true)
    );

    assert_eq!(
        code(wang.client.remove_member(conv, li.id).await),
        ErrorCode::Forbidden
    );
    assert_eq!(code(zhang.client.leave(conv).await), ErrorCode::OwnerStays);
    li.client.remove_member(conv, wang.id).await.unwrap();
    wang.until(conv, |group| group.is_left).await;
    li.client.leave(conv).await.unwrap();
    zhang.until(conv, named("大雁", 1)).await;
    zhang.client.disband(conv).await.unwrap();
    zhang.until(conv, |group| group.is_left).await;
    assert_eq!(
        code(zhang.client.members(conv, None, None).await),
        ErrorCode::ConversationNotFound
    );
    let last = zhang
        .client
        .history(conv, hongyan_client::Page::Newest, 1)
        .await;
    assert!(last.is_err(), "{last:?}");
}
